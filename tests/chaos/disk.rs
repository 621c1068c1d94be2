//! A small disk for the tills' journals, to be filled.
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Big enough for the journals of a long run.
const SIZE: &str = "size=192m";

/// A file system of its own at a folder.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one; none where this user may not.
    pub fn mount(folder: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(folder);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then(|| Self(folder.to_owned()))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        for piece in [1 << 20, 1 << 12, 1] {
            let bytes = vec![0; piece];
            while file.write_all(&bytes).is_ok() {}
        }
    }

    /// There is room again.
    pub fn clear(&self) {
        // Not there: it was not filled.
        let _ = std::fs::remove_file(self.ballast());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
