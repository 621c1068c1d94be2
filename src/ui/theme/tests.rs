use super::*;

/// The eight colours and their bright ones as terminals show them: xterm, VGA (and the Linux console), Windows.
const TERMINALS: [[[u8; 3]; 16]; 3] = [
    [
        [0, 0, 0],
        [205, 0, 0],
        [0, 205, 0],
        [205, 205, 0],
        [0, 0, 238],
        [205, 0, 205],
        [0, 205, 205],
        [229, 229, 229],
        [127, 127, 127],
        [255, 0, 0],
        [0, 255, 0],
        [255, 255, 0],
        [92, 92, 255],
        [255, 0, 255],
        [0, 255, 255],
        [255, 255, 255],
    ],
    [
        [0, 0, 0],
        [170, 0, 0],
        [0, 170, 0],
        [170, 85, 0],
        [0, 0, 170],
        [170, 0, 170],
        [0, 170, 170],
        [170, 170, 170],
        [85, 85, 85],
        [255, 85, 85],
        [85, 255, 85],
        [255, 255, 85],
        [85, 85, 255],
        [255, 85, 255],
        [85, 255, 255],
        [255, 255, 255],
    ],
    [
        [12, 12, 12],
        [197, 15, 31],
        [19, 161, 14],
        [193, 156, 0],
        [0, 55, 218],
        [136, 23, 152],
        [58, 150, 221],
        [204, 204, 204],
        [118, 118, 118],
        [231, 72, 86],
        [22, 198, 12],
        [249, 241, 165],
        [59, 120, 255],
        [180, 0, 158],
        [97, 214, 214],
        [242, 242, 242],
    ],
];

/// What a colour looks like, on linear RGB: to everybody else, and without the red, the green, or the blue cones
/// (Machado, Oliveira and Fernandes 2009, severity 1.0).
const EYES: [[[f64; 3]; 3]; 4] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
    [
        [1.255_528, -0.076_749, -0.178_779],
        [-0.078_411, 0.930_809, 0.147_602],
        [0.004_733, 0.691_367, 0.303_900],
    ],
];

/// CIE Lab of a colour as these eyes see it.
fn seen(rgb: [u8; 3], eyes: &[[f64; 3]; 3]) -> [f64; 3] {
    let linear = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    let times = |row: &[f64; 3], of: &[f64; 3]| row.iter().zip(of).map(|(a, b)| a * b).sum::<f64>();
    let as_seen = [0, 1, 2].map(|row: usize| times(&eyes[row], &linear).clamp(0.0, 1.0));
    let bend = |part: f64| {
        if part > 0.008_856 {
            part.cbrt()
        } else {
            7.787 * part + 16.0 / 116.0
        }
    };
    let x = bend(times(&[0.4124, 0.3576, 0.1805], &as_seen) / 0.950_47);
    let y = bend(times(&[0.2126, 0.7152, 0.0722], &as_seen));
    let z = bend(times(&[0.0193, 0.1192, 0.9505], &as_seen) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn number(colour: Option<Color>) -> usize {
    const ALL: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    ALL.iter().position(|one| Some(*one) == colour).unwrap()
}

/// How far apart the nearest two of the three are, to anybody on any terminal. Bold may be shown bright.
fn nearest(colours: Colours) -> f64 {
    let [good, warn, bad] = [colours.good, colours.warn, colours.bad].map(number);
    let mut least = f64::INFINITY;
    for terminal in &TERMINALS {
        for eyes in &EYES {
            for bad in [bad, bad | 8] {
                let looks = [good, warn, bad].map(|number| seen(terminal[number], eyes));
                for (a, b) in [(0, 1), (0, 2), (1, 2)] {
                    let apart = looks[a].iter().zip(looks[b]).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
                    least = least.min(apart.sqrt());
                }
            }
        }
    }
    least
}

#[test]
fn the_colours_for_the_colour_blind_stay_apart_for_every_eye_on_every_terminal() {
    // 2 is a difference just seen side by side; signs stand far apart on a screen.
    assert!(nearest(Colours::COLOUR_BLIND) > 30.0);
    assert!(
        nearest(Colours::USUAL) < 10.0,
        "they would do for everybody, and one theme less"
    );
}

#[test]
fn every_state_has_a_shape_of_its_own_whatever_the_theme() {
    let signs = [Sign::Good, Sign::Warn, Sign::Bad, Sign::Idle, Sign::Here];
    for ascii in [false, true] {
        let theme = Theme {
            colours: Colours::NONE,
            ascii,
        };
        let mut shapes = signs.map(|sign| theme.sign(sign)).to_vec();
        assert!(!ascii || shapes.iter().all(|shape| shape.is_ascii()));
        shapes.sort_unstable();
        shapes.dedup();
        assert_eq!(shapes.len(), signs.len());
    }
}

#[test]
fn only_ascii_is_left_of_any_text() {
    let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 30, 1));
    buffer.set_string(0, 0, "Ólafsdóttir 薬 ½ ▶ “5 ml”…", Style::new());
    in_ascii(&mut buffer);
    let text: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    assert_eq!(text.trim_end(), "Olafsdottir ?  ? > \"5 ml\"~");
}
