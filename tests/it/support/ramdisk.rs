//! A small disk of a test's own: it can be full, and read-only. Mounting one takes rights that not everybody has.
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What fills it.
const BALLAST: &str = "ballast";

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
        let mut file = File::options().create(true).append(true).open(self.ballast()).unwrap();
        while file.write(&[0; 1024]).is_ok_and(|written| written > 0) {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(left)).unwrap();
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        self.fill_but(0);
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
