//! Key files: the forms, the modes, the passphrases, and what OpenSSL makes of them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use icn_core::encode::SecretKey;

use super::*;

fn key() -> SecretKey {
    SecretKey::from_bytes(&std::array::from_fn(|at| 0xa0 + u8::try_from(at).unwrap()))
}
fn pass(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}
fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}
fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
fn form_error(path: &Path, passphrase: &str) -> FormError {
    match read(path, || Passphrase::new(passphrase)) {
        Err(KeyFileError::Form(_, form)) => form,
        other => panic!("{other:?}"),
    }
}

/// RFC 8410, section 10.3: the same key without and with its public half.
const OF_THE_RFC: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";
const OF_THE_RFC_WITH_PUBLIC: &str = "-----BEGIN PRIVATE KEY-----\n\
    MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n\
    Z9w7lshQhqowtrbLDFw4rXAxZuE=\n\
    -----END PRIVATE KEY-----\n";

#[test]
fn a_key_is_read_as_it_was_written_and_others_cannot_read_it() {
    let dir = tempfile::tempdir().unwrap();
    for (name, passphrase) in [("plain", None), ("locked", Some(pass("correct horse")))] {
        let path = dir.path().join(name);
        create(&path, &key(), passphrase.as_ref()).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(is_encrypted(&path).unwrap(), passphrase.is_some());
        let found = read(&path, || Ok(pass("correct horse"))).unwrap();
        assert_eq!((found.did(), found.to_bytes()), (key().did(), key().to_bytes()));
        // Nobody is asked for what is not needed.
        let asked = read(&path, no_passphrase);
        assert_eq!(asked.is_ok(), passphrase.is_none());
        // A key is never written over.
        let before = std::fs::read(&path).unwrap();
        let again = create(&path, &SecretKey::from_bytes(&[1; 32]), None);
        assert!(matches!(again, Err(KeyFileError::Exists(_))), "{again:?}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        rewrite(&path, &key(), Some(&pass("another"))).unwrap();
        assert_eq!((mode(&path), form_error(&path, "correct horse")), (0o600, FormError::WrongPassphrase));
        assert_eq!(read(&path, || Ok(pass("another"))).unwrap().did(), key().did());
    }
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn what_others_could_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    create(&path, &key(), None).unwrap();
    for bits in [0o640, 0o604, 0o620, 0o601, 0o644, 0o666] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(bits)).unwrap();
        let error = read(&path, no_passphrase).unwrap_err();
        assert!(matches!(error, KeyFileError::Mode(_, found) if found == bits), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    for bits in [0o600, 0o400, 0o700] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(bits)).unwrap();
        assert!(read(&path, no_passphrase).is_ok());
    }
}

#[test]
fn the_standards_own_keys_are_read_and_ours_have_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let public = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
    let mut found = None;
    for text in [OF_THE_RFC, OF_THE_RFC_WITH_PUBLIC] {
        write(&path, text);
        let key = read(&path, no_passphrase).unwrap();
        assert_eq!(data_encoding::HEXLOWER.encode(key.did().key()), public);
        found = Some(key);
    }
    assert_eq!(*form::to_text(&found.unwrap(), None).unwrap(), OF_THE_RFC);
    // Another public half than the secret's.
    let other =
        OF_THE_RFC_WITH_PUBLIC.replace("Z9w7lshQhqowtrbLDFw4rXAxZuE=", "Z9w7lshQhqowtrbLDFw4rXAxZuA=");
    write(&path, &other);
    assert_eq!(form_error(&path, "x"), FormError::PublicKey);
    // As a host writes its own.
    write(&path, &format!("{}\n", data_encoding::HEXLOWER.encode(&key().to_bytes())));
    assert_eq!(read(&path, no_passphrase).unwrap().did(), key().did());
}

#[test]
fn a_changed_file_is_no_key_or_another_key_and_never_the_same() {
    let text = form::to_text(&key(), Some(&pass("p"))).unwrap();
    let plain = form::to_text(&key(), None).unwrap();
    for at in (0..plain.len()).filter(|at| plain.as_bytes()[*at] != b'\n') {
        let mut bytes = plain.as_bytes().to_vec();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        assert!(form::parse(&changed).map_or(true, |found| found.did() != key().did()), "offset {at}");
    }
    // One in ten: each costs what a passphrase costs.
    for at in (0..text.len()).step_by(10).filter(|at| text.as_bytes()[*at] != b'\n') {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let found = form::decrypt(&changed, &pass("p"));
        assert!(found.map_or(true, |found| found.did() != key().did()), "offset {at}");
    }
    assert_eq!(form::decrypt(&text, &pass("P")).unwrap_err(), FormError::WrongPassphrase);
}

#[test]
fn what_is_no_key_is_refused_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let x25519 = OF_THE_RFC.replace("AwBQYDK2Vw", "AwBQYDK2Vu");
    assert_ne!(x25519, OF_THE_RFC);
    let truncated = OF_THE_RFC.replace("MC4CAQAwBQYDK2VwBCIEINTuctv5", "MC4CAQAwBQYDK2VwBCIEINTu");
    for text in ["", "\n", "-----BEGIN PRIVATE KEY-----\n", &"ab".repeat(31), &"AB".repeat(32), &truncated] {
        write(&path, text);
        assert_eq!(form_error(&path, "x"), FormError::Other, "{text}");
    }
    write(&path, &"a".repeat(20_000));
    assert_eq!(form_error(&path, "x"), FormError::Other);
    write(&path, &x25519);
    assert!(matches!(form_error(&path, "x"), FormError::Algorithm(oid) if oid.to_string() == "1.3.101.110"));
    assert!(read(&dir.path().join("none"), no_passphrase).unwrap_err().is_absent());
}

#[test]
fn a_file_that_asks_for_too_much_work_is_refused_before_any() {
    use pkcs8::der::asn1::OctetStringRef;
    use pkcs8::pkcs5::pbes2::{EncryptionScheme as Cipher, Kdf, Parameters, Pbkdf2Params, ScryptParams};
    let salt = [7u8; 16];
    let scrypt = |cost_parameter, block_size, parallelization| {
        let salt = salt[..].try_into().unwrap();
        Kdf::Scrypt(ScryptParams { salt, cost_parameter, block_size, parallelization, key_length: None })
    };
    let pbkdf2 = |count| Kdf::Pbkdf2(Pbkdf2Params::hmac_sha256(count, &salt).unwrap());
    for kdf in [
        scrypt(1 << 40, 8, 1),
        scrypt(1 << 62, 8, 1),
        scrypt(1 << 14, u16::MAX, 1),
        scrypt(1 << 14, 8, u16::MAX),
        pbkdf2(99_999_999),
    ] {
        let encryption = Cipher::Aes256Cbc { iv: [0; 16] };
        let info = pkcs8::EncryptedPrivateKeyInfoRef {
            encryption_algorithm: Parameters { kdf, encryption }.into(),
            encrypted_data: OctetStringRef::new(&[0; 48]).unwrap(),
        };
        let document = pkcs8::der::SecretDocument::encode_msg(&info).unwrap();
        let text = document.to_pem("ENCRYPTED PRIVATE KEY", pkcs8::LineEnding::LF).unwrap();
        assert_eq!(form::decrypt(&text, &pass("p")).unwrap_err(), FormError::Cost);
    }
}

#[test]
fn a_passphrase_is_a_files_first_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pass");
    for text in ["word", "word\n", "word\r\n", "word\nand a second line\n"] {
        write(&path, text);
        assert!(Passphrase::from_file(&path).unwrap().is_same(&pass("word")), "{text:?}");
    }
    write(&path, "two words \n");
    assert!(Passphrase::from_file(&path).unwrap().is_same(&pass("two words ")));
    for text in ["", "\n", "\r\n", "\nword"] {
        write(&path, text);
        assert!(matches!(Passphrase::from_file(&path), Err(PassphraseError::Empty)), "{text:?}");
    }
    write(&path, &"x".repeat(1024));
    assert!(Passphrase::from_file(&path).is_ok());
    write(&path, &"x".repeat(1025));
    assert!(matches!(Passphrase::from_file(&path), Err(PassphraseError::Long)));
}

/// The secret in every spelling that a careless print could give it.
fn spellings(secret: &[u8]) -> Vec<String> {
    use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER, HEXUPPER};
    let list = format!("{secret:?}");
    let mut all: Vec<String> =
        [HEXLOWER, HEXUPPER, BASE64, BASE64_NOPAD].iter().map(|e| e.encode(secret)).collect();
    all.push(list.trim_matches(['[', ']']).to_owned());
    // A part of it is too much already.
    all.iter().map(|text| text[4..text.len().min(20)].to_owned()).collect()
}

#[test]
fn no_error_and_no_debug_form_has_a_byte_of_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let passphrase = pass("correct horse battery");
    let plain = form::to_text(&key(), None).unwrap();
    let locked = form::to_text(&key(), Some(&passphrase)).unwrap();
    let digits = data_encoding::HEXLOWER.encode(&key().to_bytes());
    let mut said = vec![format!("{:?} {passphrase:?} {:#?}", key(), key())];
    let mut hear = |text: &str, mode: u32| {
        write(&path, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        for passphrase in ["correct horse battery", "another"] {
            match read(&path, || Passphrase::new(passphrase)) {
                Ok(key) => said.push(format!("{key:?}")),
                Err(error) => said.push(format!("{error} {error:?} {error:#?}")),
            }
        }
    };
    for text in [&**plain, &**locked, &digits] {
        hear(text, 0o600);
        hear(text, 0o644);
        // Broken in each of its lines.
        for cut in [10, 30, 60, 62, 90, text.len() - 1] {
            hear(&text[..cut.min(text.len())], 0o600);
            hear(&text.replacen(&text[cut.min(text.len() - 1)..][..1], "!", 1), 0o600);
        }
    }
    let said = said.join("\n");
    let info = [&[4, 32][..], &key().to_bytes()].concat();
    for secret in [&key().to_bytes()[..], &info, b"correct horse battery"] {
        for spelling in spellings(secret) {
            assert!(!said.contains(&spelling), "{spelling}");
        }
    }
    assert!(!said.contains("correct horse") && said.contains("Passphrase(…)"));
    // Lines of the file's own text.
    for line in plain.lines().filter(|line| !line.starts_with('-')) {
        assert!(!said.contains(&line[24..40]), "{line}");
    }
}

/// Whether there is an `openssl` that knows Ed25519.
fn openssl(arguments: &[&str]) -> Option<std::process::Output> {
    let output = Command::new("openssl").args(arguments).output().ok()?;
    Some(output)
}

#[test]
fn openssl_reads_what_we_write_and_we_read_what_it_writes() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    if openssl(&["version"]).is_none() {
        eprintln!("skipped: no openssl");
        return;
    }
    let passphrase = "pass:correct horse";
    for (name, ours) in [("plain", None), ("locked", Some(pass("correct horse")))] {
        create(Path::new(&path(name)), &key(), ours.as_ref()).unwrap();
        let shown =
            openssl(&["pkey", "-in", &path(name), "-passin", passphrase, "-pubout", "-outform", "DER"])
                .unwrap();
        assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
        assert!(shown.stdout.ends_with(key().did().key()), "{name}");
    }
    let wrong = openssl(&["pkey", "-in", &path("locked"), "-passin", "pass:wrong", "-noout"]).unwrap();
    assert!(!wrong.status.success());
    // Its own: bare, by PBKDF2 (its default), by scrypt.
    let (bare, locked) = (path("theirs"), path("theirs-locked"));
    let made = openssl(&["genpkey", "-algorithm", "ed25519", "-out", &bare]).unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let theirs = read(Path::new(&bare), no_passphrase).unwrap().did();
    for options in [&["-v2", "aes256"][..], &["-scrypt"], &["-v2", "aes128", "-v2prf", "hmacWithSHA512"]] {
        let mut arguments = vec!["pkcs8", "-topk8", "-in", &bare, "-out", &locked, "-passout", passphrase];
        arguments.extend(options);
        let made = openssl(&arguments).unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let found = read(Path::new(&locked), || Ok(pass("correct horse"))).unwrap().did();
        assert_eq!(found, theirs, "{options:?}");
    }
}
