//! The witness program with an encrypted key.

use std::fs;
use std::path::Path;

use icn_runtime::{Host, HostOptions, SecretKey, key_file};

use crate::common::{icn, scratch, stderr, stdout};
use crate::helpers::{begun, code};

#[test]
fn the_program_reads_an_encrypted_key_and_tells_nobody_of_it() {
    let dir = scratch();
    let data = dir.path().join("data");
    begun(&data);
    let (file, pass) = (dir.path().join("key"), dir.path().join("pass"));
    let secret: [u8; 32] = std::array::from_fn(|at| 0xa0 + u8::try_from(at).unwrap());
    let passphrase = "correct horse battery staple";
    let key = SecretKey::from_bytes(&secret);
    key_file::create(&file, &key, Some(&key_file::Passphrase::new(passphrase).unwrap())).unwrap();
    fs::write(&pass, format!("{passphrase}\n")).unwrap();
    let mut said = String::new();
    let mut ask = |more: &[&std::ffi::OsStr]| {
        let mut command = icn();
        command
            .env("ICN_LOG", "trace")
            .args(["witness", "--name", "w", "--begin", "--data"])
            .arg(dir.path().join("w"));
        command.arg("--log").arg(data.join("log.vkey")).arg("--key").arg(&file).args(more);
        // A port that nobody can listen on ends it once the key was read.
        let output = command.args(["--listen", "256.0.0.1:1"]).output().unwrap();
        said += &format!("{}{}", stdout(&output), stderr(&output));
        (code(&output), stderr(&output))
    };
    let (status, why) = ask(&[]);
    assert!(status == Some(2) && why.contains("encrypted: give a file with its passphrase"), "{why}");
    let wrong = dir.path().join("wrong");
    fs::write(&wrong, "another\n").unwrap();
    let (status, why) = ask(&["--passphrase-file".as_ref(), wrong.as_os_str()]);
    assert!(status == Some(2) && why.contains("passphrase is wrong"), "{why}");
    let (status, why) = ask(&["--passphrase-file".as_ref(), pass.as_os_str()]);
    assert!(status == Some(2) && why.contains("--listen 256.0.0.1:1"), "the key was read: {why}");
    assert!(why.contains("--listen"), "{why}");
    let mode = |mode| fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o640);
    let (status, why) = ask(&["--passphrase-file".as_ref(), pass.as_os_str()]);
    assert!(status == Some(2) && why.contains("has mode 0640, expected 0600"), "{why}");
    let hex = data_encoding::HEXLOWER.encode(&secret);
    let base64 = data_encoding::BASE64.encode(&secret);
    for text in [&hex[..16], &hex.to_uppercase()[..16], &base64[..16], "160, 161, 162", passphrase, "horse"] {
        assert!(!said.contains(text), "{text}");
    }
    // A key that the first start makes is encrypted when that is asked for.
    let made = dir.path().join("made");
    let log = data.join("log.vkey");
    let start = |encrypt: &[&str], pass: &Path| {
        let mut command = icn();
        command
            .args(["witness", "--name", "w", "--listen", "256.0.0.1:1", "--data"])
            .arg(&made)
            .args(encrypt);
        stderr(&command.arg("--log").arg(&log).arg("--passphrase-file").arg(pass).output().unwrap())
    };
    assert!(start(&["--encrypt"], &pass).contains("--listen 256.0.0.1:1"));
    assert!(key_file::is_encrypted(&made.join("witness.key")).unwrap());
    assert!(start(&[], &wrong).contains("passphrase is wrong"));
    assert!(start(&[], &pass).contains("--listen 256.0.0.1:1"));
    // A host's own keys are kept the same way, and refused the same way.
    let host_key = data.join("host.key");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&host_key).unwrap().permissions()) & 0o777,
        0o600
    );
    fs::set_permissions(&host_key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let error =
        Host::open(HostOptions::new(&data)).expect_err("a key that others can read is used").to_string();
    let digits = fs::read_to_string(&host_key).unwrap();
    assert!(error.contains("chmod 600") && !error.contains(&digits[..16]), "{error}");
}
