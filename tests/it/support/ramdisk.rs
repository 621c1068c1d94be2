//! A small disk of a test's own: it can be full, and read-only. Mounting one takes rights that not everybody has.
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;

/// What fills it.
const BALLAST: &str = "ballast";

/// How soon room that became free is taken.
const AGAIN: Duration = Duration::from_micros(200);

fn fill(ballast: &Path) -> File {
    let mut file = File::options().create(true).append(true).open(ballast).unwrap();
    while file.write(&[0; 1024]).is_ok_and(|written| written > 0) {}
    file
}

/// A disk that is kept full for as long as this lives.
pub struct KeptFull {
    ended: Arc<AtomicBool>,
    taking: Option<JoinHandle<()>>,
}

impl Drop for KeptFull {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(taking) = self.taking.take() {
            // It has ended: whether well or not, the disk is no longer filled.
            let _ = taking.join();
        }
    }
}

/// A mounted disk, for as long as it lives.
pub struct Ramdisk {
    folder: TempDir,
}

impl Ramdisk {
    /// Of so many KiB; none, where this user may not mount anything: then the test says so, and is over.
    pub fn of_kib(size: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}k,mode=0700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path())
            .output();
        let is_there = mounted.is_ok_and(|mounted| mounted.status.success());
        if !is_there {
            let _ = writeln!(std::io::stderr(), "not tried: a small disk cannot be mounted here");
        }
        is_there.then_some(Self { folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join(BALLAST)
    }

    /// Takes all the room that is left, but for so many bytes.
    pub fn fill_but(&self, left: u64) {
        let file = fill(&self.ballast());
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(left)).unwrap();
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        self.fill_but(0);
    }

    /// Takes all the room that is left, and all that becomes free, until what this gives is dropped.
    pub fn keep_full(&self) -> KeptFull {
        let ended = Arc::new(AtomicBool::new(false));
        let (ballast, until) = (self.ballast(), Arc::clone(&ended));
        let taking = thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                fill(&ballast);
                thread::sleep(AGAIN);
            }
        });
        KeptFull {
            ended,
            taking: Some(taking),
        }
    }

    /// There is room again.
    pub fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    /// Whether it can be written, from now on. While a file is open for writing it cannot be made read-only.
    pub fn writable(&self, writable: bool) {
        let how = if writable { "remount,rw" } else { "remount,ro" };
        let done = Command::new("mount")
            .args(["-o", how])
            .arg(self.path())
            .status()
            .unwrap();
        assert!(done.success());
    }
}

impl Drop for Ramdisk {
    fn drop(&mut self) {
        // Lazily: a test that failed may have left a program in it.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
