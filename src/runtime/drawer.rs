//! The drawer at the till: noted first, then opened by the pulse that printers pass on to it.
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::till::Seller;
use crate::domain::audit::Noted;
use crate::domain::clock::Clock;

/// ESC p 0 25 250: a pulse of 50 ms on the connector's second pin, 500 ms of rest.
const KICK: [u8; 5] = [0x1b, b'p', 0, 25, 250];
/// A device that takes nothing for this long takes nothing.
const PATIENCE: Duration = Duration::from_secs(3);

/// Notes that the drawer is opened and, once that is on disk, opens it where a device is named. None: the till closes.
pub(super) async fn open(
    seller: &Seller,
    clock: &dyn Clock,
    noted: Noted,
    device: Option<&Path>,
) -> Option<Result<(), String>> {
    if let Err(error) = seller.note(clock.new_id(), noted).await.ok()? {
        return Some(Err(format!("the drawer stays shut: it could not be noted ({error})")));
    }
    let Some(device) = device else { return Some(Ok(())) };
    let opened = kick(device.to_owned()).await;
    Some(opened.map_err(|error| {
        let device = device.display();
        tracing::warn!(%device, %error, "the drawer was not opened");
        format!("noted, but {device} did not open the drawer: {error}")
    }))
}

/// Sends the pulse. On a thread of its own, which nobody waits for when the till closes: opening a device that nothing is
/// connected to can take for ever.
async fn kick(device: PathBuf) -> io::Result<()> {
    let (done, answer) = oneshot::channel();
    thread::Builder::new().name(String::from("drawer")).spawn(move || {
        // Whoever asked may have gone.
        let _ = done.send(pulse(&device));
    })?;
    let nothing = || io::Error::new(io::ErrorKind::TimedOut, "it takes nothing");
    match timeout(PATIENCE, answer).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) | Err(_) => Err(nothing()),
    }
}

/// Nothing is made where there is no such device.
fn pulse(device: &Path) -> io::Result<()> {
    let mut device = OpenOptions::new().append(true).open(device)?;
    device.write_all(&KICK)?;
    device.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_pulse_goes_to_the_device_and_a_device_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let (device, none) = (folder.path().join("lp0"), folder.path().join("lp1"));
        std::fs::write(&device, "").unwrap();
        kick(device.clone()).await.unwrap();
        kick(device.clone()).await.unwrap();
        assert_eq!(std::fs::read(&device).unwrap(), [KICK, KICK].concat());
        assert!(kick(none.clone()).await.is_err());
        assert!(!none.exists());
    }
}
