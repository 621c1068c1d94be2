//! Certificates of a test's own.
use std::path::Path;
use std::process::Command;

/// The names of a server that is reached by address and by name.
pub const FOR_LOCALHOST: &str = "DNS:localhost,IP:127.0.0.1";

/// Makes an authority `name`.pem, and of it `server-key.pem` and `server-cert.pem` for `names`.
pub fn make_certificates(folder: &Path, name: &str, names: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN={name} -addext basicConstraints=critical,CA:TRUE -keyout {name}-key.pem -out {name}.pem
             req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server-key.pem -out server.csr"
        ),
    );
    sign_again(folder, name, names, 30);
}

/// Signs `server-cert.pem` of the same key anew: for those names, and for so many days from now; -1: it expired yesterday.
pub fn sign_again(folder: &Path, name: &str, names: &str, days: i32) {
    let extensions = format!("subjectAltName={names}\nextendedKeyUsage=serverAuth\n");
    std::fs::write(folder.join("extensions"), extensions).unwrap();
    openssl(
        folder,
        &format!(
            "x509 -req -in server.csr -CA {name}.pem -CAkey {name}-key.pem -set_serial 2 -days {days} -extfile extensions -out server-cert.pem"
        ),
    );
}

fn openssl(folder: &Path, steps: &str) {
    for step in steps.lines() {
        let made = Command::new("openssl")
            .args(step.split_whitespace())
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
}
