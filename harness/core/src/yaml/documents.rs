//! Several YAML documents in one text, each with the places of the whole.

use super::{
    node::{Content, Node},
    place::Place,
    problem::Problem,
};

/// Every document of a text that holds something besides comments.
pub fn documents(text: &str) -> Vec<Result<Node, Box<Problem>>> {
    let mut parts = vec![(0, 0, String::new())];
    let mut offset = 0;
    for (line, content) in text.split_inclusive('\n').enumerate() {
        offset += content.len();
        let is_marker =
            content.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if is_marker {
            parts.push((offset, line + 1, String::new()));
        } else if let Some((_, _, part)) = parts.last_mut() {
            part.push_str(content);
        }
    }
    let filled = parts.iter().filter(|(_, _, part)| part.lines().any(is_content));
    filled
        .map(|(offset, lines, part)| match Node::parse(part) {
            Ok(mut node) => {
                shift(&mut node, *offset, *lines);
                Ok(node)
            }
            Err(mut problem) => {
                move_by(&mut problem.place, *offset, *lines);
                Err(problem)
            }
        })
        .collect()
}

fn is_content(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

fn shift(node: &mut Node, offset: usize, lines: usize) {
    move_by(&mut node.place, offset, lines);
    match &mut node.content {
        Content::List(items) => items.iter_mut().for_each(|item| shift(item, offset, lines)),
        Content::Map(entries) => {
            for (key, value) in entries {
                move_by(&mut key.place, offset, lines);
                shift(value, offset, lines);
            }
        }
        Content::Bool(_) | Content::Null | Content::Number(_) | Content::Text(_) => {}
    }
}

fn move_by(place: &mut Place, offset: usize, lines: usize) {
    place.offset += offset;
    place.line += lines;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_whole_text() {
        let text = "# nothing yet\n---\na: 1\n---\n# only a comment\n--- # third\nb: {c: two}\n";
        let nodes: Vec<Node> = documents(text).into_iter().map(Result::unwrap).collect();
        assert_eq!(nodes.len(), 2);
        let place = nodes[1].nearest(&["b", "c"]).place;
        assert_eq!((&text[place.offset..place.offset + place.length], place.line), ("two", 7));
        assert_eq!(nodes[1].key("b").unwrap().place.line, 7);
    }

    #[test]
    fn a_mistake_is_blamed_where_it_stands_and_hides_nothing() {
        let found = documents("a: 1\n---\nb: [\n---\nc: 3\n");
        assert!(found[0].is_ok() && found[2].is_ok());
        assert!(found[1].as_ref().unwrap_err().place.line >= 3);
    }
}
