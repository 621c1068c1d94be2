//! Which keys mean something now. The keymap binds commands by layer.
use Layer::{
    Adding, Always, Bare, Card, Clash, Drawer, Editing, Everywhere, Form, Goods, Help, History, Live, LiveFilter, Note,
    Palette, Past, PastChart, PastFilter, PastReceipt, Payment, PaymentAsked, PaymentBare, Picker, Question, Queue,
    Returning, Sale, SaleBare, Strike, Table, TableFilter, TableOfDoctors, Welcome,
};

/// A layer of bindings. The one in front decides, then those under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Under everything, questions included: back and quit.
    Always,
    /// On every screen: the screens, help, confirm.
    Everywhere,
    /// Where no text is being typed: keys that are characters.
    Bare,
    /// Where text is being typed.
    Editing,
    /// The entry line of a sale, with something in it.
    Sale,
    /// The entry line of a sale, empty.
    SaleBare,
    /// A prescriber being added at the counter.
    Adding,
    /// A receipt of which something comes back.
    Returning,
    /// The payment, with something typed.
    Payment,
    /// The payment, nothing typed.
    PaymentBare,
    /// The payment, with a question about the goods in it.
    PaymentAsked,
    /// The live screen.
    Live,
    /// Words for its events, being typed.
    LiveFilter,
    /// The list of receipts.
    Past,
    /// Charts of it.
    PastChart,
    /// Words or a day for it, being typed.
    PastFilter,
    /// A receipt of before.
    PastReceipt,
    /// What is unsent or parked.
    Queue,
    /// The list of a dimension.
    Table,
    /// The list of prescribers.
    TableOfDoctors,
    /// The filter of a list, being typed.
    TableFilter,
    /// A row of a dimension being changed.
    Form,
    /// Packs, prices and stock of a drug.
    Goods,
    /// Who changed a row, what and when.
    History,
    /// What somebody else changed in that row meanwhile.
    Clash,
    /// The first start.
    Welcome,
    /// The list of commands, being filtered.
    Palette,
    /// A choice from a short list, being filtered.
    Picker,
    /// What the drawer is opened for, being typed.
    Drawer,
    /// The card of a drug.
    Card,
    /// A question.
    Question,
    /// A note on an alert, being typed.
    Note,
    /// Why a parked sale is struck, being typed.
    Strike,
    /// Which keys do what.
    Help,
}

impl Layer {
    /// All of them.
    pub const ALL: [Self; 34] = [
        Always,
        Everywhere,
        Bare,
        Editing,
        Sale,
        SaleBare,
        Adding,
        Returning,
        Payment,
        PaymentBare,
        PaymentAsked,
        Live,
        LiveFilter,
        Past,
        PastChart,
        PastFilter,
        PastReceipt,
        Queue,
        Table,
        TableOfDoctors,
        TableFilter,
        Form,
        Goods,
        History,
        Clash,
        Welcome,
        Palette,
        Picker,
        Drawer,
        Card,
        Question,
        Note,
        Strike,
        Help,
    ];

    /// The layers that are looked through, from this one down.
    pub fn stack(self) -> &'static [Self] {
        match self {
            Always => &[Always],
            Everywhere => &[Everywhere, Always],
            Bare => &[Bare, Everywhere, Always],
            Editing => &[Editing, Everywhere, Always],
            Sale => &[Sale, Editing, Everywhere, Always],
            SaleBare => &[SaleBare, Bare, Sale, Editing, Everywhere, Always],
            Adding => &[Adding, Editing, Everywhere, Always],
            Returning => &[Returning, Bare, Editing, Everywhere, Always],
            Payment => &[Payment, Editing, Everywhere, Always],
            PaymentBare => &[PaymentBare, Bare, Payment, Editing, Everywhere, Always],
            PaymentAsked => &[PaymentAsked, Payment, Editing, Everywhere, Always],
            Live => &[Live, Bare, Everywhere, Always],
            LiveFilter => &[LiveFilter, Editing, Everywhere, Always],
            Past => &[Past, Bare, Everywhere, Always],
            PastChart => &[PastChart, Past, Bare, Everywhere, Always],
            PastFilter => &[PastFilter, Editing, Everywhere, Always],
            PastReceipt => &[PastReceipt, Bare, Everywhere, Always],
            Queue => &[Queue, Bare, Everywhere, Always],
            Table => &[Table, Bare, Everywhere, Always],
            TableOfDoctors => &[TableOfDoctors, Table, Bare, Everywhere, Always],
            TableFilter => &[TableFilter, Editing, Everywhere, Always],
            Form => &[Form, Editing, Everywhere, Always],
            Goods => &[Goods, Bare, Everywhere, Always],
            History => &[History, Bare, Everywhere, Always],
            Clash => &[Clash, Always],
            Welcome => &[Welcome, Bare, Everywhere, Always],
            Palette => &[Palette, Editing, Always],
            Picker => &[Picker, Editing, Always],
            Drawer => &[Drawer, Editing, Always],
            Card => &[Card, Everywhere, Always],
            Question => &[Question, Always],
            Note => &[Note, Editing, Always],
            Strike => &[Strike, Editing, Always],
            Help => &[Help, Everywhere, Always],
        }
    }
}
