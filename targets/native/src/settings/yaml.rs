//! The file's text as a tree whose nodes know their lines.
//!
//! The parser (a YAML 1.2 event parser) gives events; this builds the part of YAML that a
//! configuration needs: maps with text keys, lists, and scalars of YAML's core schema. Anchors,
//! tags and further documents are refused: whoever reads the file should see what it says. So is
//! a key that stands twice.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};
use serde_json::Number;

/// Deepest nesting. The document's own is five.
const DEEPEST: usize = 32;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Its line, from 1.
    pub(crate) line: usize,
    /// The value.
    pub(crate) kind: Kind,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, unless it was quoted.
    Number(Number),
    /// Any other scalar.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// A map's key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    /// Its line, from 1.
    pub(crate) line: usize,
    /// Its text.
    pub(crate) text: String,
}

/// Why a text is no configuration file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct YamlError {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong there.
    pub(crate) problem: YamlProblem,
}

/// What is wrong in one place of a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum YamlProblem {
    /// The parser's own words.
    #[error("not YAML: {0}")]
    Syntax(String),
    /// A `${NAME}` where YAML reads its braces as a map's.
    #[error("inside `[…]` or `{{…}}` YAML wants a reference to a variable in quotes: \"${{NAME}}\"")]
    Reference,
    /// Only texts can be names.
    #[error("a name was expected, not a list or a map")]
    Key,
    /// The same name twice in one map.
    #[error("`{0}` stands here a second time; it is first set on line {1}")]
    Twice(String, usize),
    /// `&name` or `*name`.
    #[error("anchors (`&`) and aliases (`*`) are not read; write the value out, or put it in quotes")]
    Anchor,
    /// `!tag`.
    #[error("tags (`!`) are not read; leave it out, or put the value in quotes")]
    Tag,
    /// A second document.
    #[error("a second document begins here; a configuration is one")]
    Documents,
    /// Too many levels.
    #[error("nested too deeply")]
    Depth,
}

/// Reads a file's text. An empty one is `null`.
pub(crate) fn parse(text: &str) -> Result<Node, YamlError> {
    let mut events = Events { text, parser: Parser::new_from_str(text), last: 1 };
    let mut root = Node { line: 1, kind: Kind::Null };
    let mut documents = 0;
    while let Some((event, line)) = events.next()? {
        match event {
            Event::StreamEnd => break,
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(YamlError { line, problem: YamlProblem::Documents });
                }
            }
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            event => root = events.node(event, line, 0)?,
        }
    }
    Ok(root)
}

struct Events<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    last: usize,
}

impl<'t> Events<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, usize)>, YamlError> {
        let Some(event) = self.parser.next() else { return Ok(None) };
        let (event, span) = event.map_err(|error| self.syntax(&error))?;
        self.last = span.start.line().max(1);
        Ok(Some((event, self.last)))
    }

    fn syntax(&self, error: &ScanError) -> YamlError {
        let line = error.marker().line().max(1);
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        let problem = match text.find("${") {
            Some(at) if text.split_at(at).0.contains(['[', '{']) => YamlProblem::Reference,
            _ => YamlProblem::Syntax(error.info().to_owned()),
        };
        YamlError { line, problem }
    }

    /// The next event inside a list or map, which the parser never leaves open.
    fn inside(&mut self) -> Result<(Event<'t>, usize), YamlError> {
        let ended = YamlProblem::Syntax("the file ends too early".to_owned());
        self.next()?.ok_or(YamlError { line: self.last, problem: ended })
    }

    fn node(&mut self, event: Event<'t>, line: usize, depth: usize) -> Result<Node, YamlError> {
        let refuse = |problem| Err(YamlError { line, problem });
        if depth > DEEPEST {
            return refuse(YamlProblem::Depth);
        }
        let (anchor, tag) = match &event {
            Event::Alias(_) => return refuse(YamlProblem::Anchor),
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag.is_some()),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor, tag.is_some()),
            _ => (0, false),
        };
        if anchor != 0 {
            return refuse(YamlProblem::Anchor);
        }
        if tag {
            return refuse(YamlProblem::Tag);
        }
        let kind = match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
            Event::Scalar(text, ..) => Kind::Text(text.into_owned()),
            Event::SequenceStart(..) => Kind::List(self.list(depth)?),
            Event::MappingStart(..) => Kind::Map(self.map(depth)?),
            _ => Kind::Null,
        };
        Ok(Node { line, kind })
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, YamlError> {
        let mut items = Vec::new();
        loop {
            match self.inside()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, line) => items.push(self.node(event, line, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Key, Node)>, YamlError> {
        let mut members: Vec<(Key, Node)> = Vec::new();
        loop {
            let key = match self.inside()? {
                (Event::MappingEnd, _) => return Ok(members),
                (Event::Scalar(text, _, 0, None), line) => Key { line, text: text.into_owned() },
                (_, line) => return Err(YamlError { line, problem: YamlProblem::Key }),
            };
            if let Some((first, _)) = members.iter().find(|(other, _)| other.text == key.text) {
                let problem = YamlProblem::Twice(key.text, first.line);
                return Err(YamlError { line: key.line, problem });
            }
            let (event, line) = self.inside()?;
            let value = self.node(event, line, depth + 1)?;
            members.push((key, value));
        }
    }
}

/// A scalar without quotes, by YAML's core schema. A number that would not be written back the
/// same (`010`, `1e400`) stays a text.
fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => match serde_json::from_str::<Number>(text) {
            Ok(number) => Kind::Number(number),
            Err(_) => Kind::Text(text.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(node: &Node) -> String {
        match &node.kind {
            Kind::Null => format!("{}:null", node.line),
            Kind::Bool(value) => format!("{}:{value}", node.line),
            Kind::Number(number) => format!("{}:{number}", node.line),
            Kind::Text(text) => format!("{}:{text:?}", node.line),
            Kind::List(items) => format!("[{}]", items.iter().map(outline).collect::<Vec<_>>().join(" ")),
            Kind::Map(members) => {
                let member =
                    |(key, value): &(Key, Node)| format!("{}:{}={}", key.line, key.text, outline(value));
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(" "))
            }
        }
    }

    #[test]
    fn values_know_their_lines() {
        for (text, want) in [
            ("", "1:null"),
            ("# only a comment\n", "1:null"),
            ("---\na: 1\n", "{2:a=2:1}"),
            ("a: x\nb:\n  - 1\n  - two\n", "{1:a=1:\"x\" 2:b=[3:1 4:\"two\"]}"),
            ("a: {b: [x, \"1\"]}", "{1:a={1:b=[1:\"x\" 1:\"1\"]}}"),
            (
                "a: true\nb: ~\nc: 010\nd: 2024-10-21\ne: yes",
                "{1:a=1:true 2:b=2:null 3:c=3:\"010\" 4:d=4:\"2024-10-21\" 5:e=5:\"yes\"}",
            ),
            ("{\"a\": {\"b\": null}}", "{1:a={1:b=1:null}}"),
            ("a: ${X:-1}", "{1:a=1:\"${X:-1}\"}"),
            ("8080: x", "{1:8080=1:\"x\"}"),
        ] {
            assert_eq!(parse(text).as_ref().map(outline), Ok(want.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_read_is_refused_with_its_line() {
        for (text, line, want) in [
            ("a: 1\nb: 2\na: 3\n", 3, "`a` stands here a second time; it is first set on line 1"),
            ("a: &x 1\n", 1, "anchors"),
            ("a: 1\nb: *x\n", 2, "not YAML"),
            ("a: !!str 1\n", 1, "tags"),
            ("a: 1\n---\nb: 2\n", 2, "a second document"),
            ("? [a, b]\n: 1\n", 1, "a name was expected"),
            ("a:\n  b: [${X}, ${Y}]\n", 2, "in quotes"),
            ("a: {b: ${X}}\n", 1, "in quotes"),
            ("a: [1, 2\n", 2, "not YAML"),
            ("a: 1\n\tb: 2\n", 1, "not YAML"),
            (&"[".repeat(100), 1, "nested too deeply"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.to_string().contains(want), "{text:?}: {error}");
            assert_eq!(error.line, line, "{text:?}: {error}");
        }
    }
}
