//! Verdicts, against serde_json, and what an error says.

mod generate;
mod oracle;

use icn_core::limits;
use proptest::prelude::*;

use super::check_object;

#[test]
fn an_object_that_every_reader_understands_passes() {
    let nested = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    for right in [
        "{}",
        " {\"a\": [1, -2, 0.5, 1e3, null, true, \"x\\u00e9\"], \"b\": {\"a\": {}}} ",
        "{\"a\":9007199254740991,\"b\":-9007199254740991}",
        "{\"\":\"\"}",
        &nested(limits::JSON_DEPTH_MAX - 1),
    ] {
        assert!(check_object(right).is_ok(), "{right}: {:?}", check_object(right));
    }
    for wrong in [
        "",
        "null",
        "[]",
        "1",
        "\"{}\"",
        "{",
        "{}{}",
        "{}x",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "{1:1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":1e999}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":9007199254740992}",
        "{\"a\":-9007199254740992}",
        "{\"a\":[18446744073709551615]}",
        "{\"a\":18446744073709551616}",
        "{\"a\":9007199254740992.0}",
        "{\"a\":1e300}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":1}",
        "{\"b\":{\"a\":1,\"c\":[],\"a\":1}}",
        "\u{feff}{}",
        &nested(limits::JSON_DEPTH_MAX),
        &nested(100_000),
    ] {
        assert!(check_object(wrong).is_err(), "{wrong:.60}");
    }
}

/// Whether a text has a number with a fraction or an exponent within 2 of 2^53: what it is rounded to depends there
/// on how well a reader rounds, and serde_json rounds twice.
fn is_rounded_at_the_edge(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit() && !matches!(c, '+' | '-' | '.' | 'e' | 'E'));
    numbers.filter(|number| number.contains(['.', 'e', 'E'])).any(|number| {
        number.parse::<f64>().is_ok_and(|number| (number.abs() - 9_007_199_254_740_992.0).abs() <= 2.0)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8_000))]

    #[test]
    fn a_verdict_is_that_of_serde_json(text in generate::text()) {
        let (found, expected) = (check_object(&text), oracle::check_object(&text));
        if !is_rounded_at_the_edge(&text) {
            prop_assert_eq!(found.is_ok(), expected.is_ok(), "{}: {:?}, serde_json: {:?}", text, found, expected);
        }
    }
}

/// The generator makes enough of either: otherwise the comparison would say little.
#[test]
fn texts_of_both_verdicts_are_made() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts = || generate::text().new_tree(&mut runner).unwrap().current();
    let texts: Vec<String> = std::iter::repeat_with(texts).take(4_000).collect();
    let right = texts.iter().filter(|text| check_object(text).is_ok()).count();
    assert!((400..3_600).contains(&right), "{right} of {} are right", texts.len());
    let said = |part: &str| {
        let of = |text: &String| check_object(text).is_err_and(|error| error.to_string().contains(part));
        texts.iter().filter(|text| of(text)).count()
    };
    for part in
        ["nested deeper", "stands twice", "is beyond", "surrogate", "control", "escape character", "expected"]
    {
        assert!(said(part) >= 10, "{part}: {} times", said(part));
    }
}

#[test]
fn a_number_between_two_integers_at_the_edge_is_rounded_once() {
    for (number, right) in [
        ("9007199254740991.4", true),
        ("9007199254740991.5", false),
        ("-9007199254740991.4", true),
        ("9007199254740991e0", true),
        ("9007199254740992e0", false),
        ("90071992547409910e-1", true),
        ("0.9007199254740993e16", false),
    ] {
        assert_eq!(
            check_object(&format!("[{number}]").replace('[', "{\"a\":[").replace(']', "]}")).is_ok(),
            right,
            "{number}"
        );
    }
}

#[test]
fn an_error_says_what_is_wrong_and_where() {
    for (text, expected) in [
        ("[]", "byte 0: an object expected"),
        ("", "byte 0: value expected"),
        ("{\"a\":1,\"a\":2}", "byte 10: the name before stands twice in its object"),
        ("{\"a\":1,\"\\u0061\":2}", "byte 15: the name before stands twice in its object"),
        ("{\"a\":9007199254740992}", "byte 21: the number before is beyond 9007199254740991"),
        ("{\"a\":1,}", "byte 7: string expected"),
        ("{\"a\" 1}", "byte 5: colon expected"),
        ("{\"a\":01}", "byte 6: comma or end of sequence expected"),
        ("{\"a\":1.}", "byte 7: expected digit"),
        ("{\"a\":\"\\q\"}", "byte 8: invalid escape character q"),
        ("{} {}", "byte 3: end of file expected"),
    ] {
        assert_eq!(check_object(text).unwrap_err().to_string(), expected, "{text}");
    }
    let deep = format!("{{\"a\":{}", "[".repeat(40));
    assert_eq!(
        check_object(&deep).unwrap_err().to_string(),
        "byte 36: objects and lists nested deeper than 32"
    );
}

/// A copy of a name is as long as the name, to the byte, whatever its escapes.
#[test]
fn a_name_with_escapes_is_copied_into_a_buffer_of_its_length() {
    for (name, meant) in [
        ("\\n", "\n"),
        ("a\\u0062c", "abc"),
        ("\\ud83d\\ude00", "\u{1F600}"),
        ("\\u00e9\\/\\\\\\\"", "\u{e9}/\\\""),
        ("\\uFFFF\\u0000x", "\u{FFFF}\0x"),
    ] {
        let text = format!("{name}\" rest");
        let std::borrow::Cow::Owned(copy) =
            super::string(&mut hifijson::SliceLexer::new(text.as_bytes())).unwrap().unescaped().unwrap()
        else {
            unreachable!("{name} has an escape");
        };
        assert_eq!((copy.capacity(), copy.as_slice()), (meant.len(), meant.as_bytes()), "{name}");
    }
    let plain = super::string(&mut hifijson::SliceLexer::new(b"plain\"")).unwrap().unescaped().unwrap();
    assert!(matches!(plain, std::borrow::Cow::Borrowed(b"plain")));
}
