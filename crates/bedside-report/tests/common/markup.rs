//! A small, strict check of a page: every tag and attribute is one that our templates or charts write, and no address leaves the page.

const TAGS: &str = " html head meta title style body div header h1 h2 h3 h4 p span strong code main nav ul li a section table caption \
    thead tbody tr th td br figure figcaption svg text line circle polyline dl dt dd details summary pre footer rect polygon ";
const ATTRIBUTES: &str = " lang charset http-equiv content name class id href scope colspan aria-label aria-labelledby role dir tabindex \
    width height viewBox xmlns x y x1 x2 y1 y2 cx cy r dy points fill stroke stroke-width opacity text-anchor font-family font-size ";

/// Panics at the first thing in the page that is not ours.
pub fn assert_only_ours(html: &str) {
    let body = html.strip_prefix("<!DOCTYPE html>\n").expect("a doctype");
    let mut rest = body;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        let closing = tag.starts_with('/');
        let tag = tag.strip_prefix('/').unwrap_or(tag);
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).expect("an end");
        let name = &tag[..end];
        assert!(TAGS.contains(&format!(" {name} ")), "tag {name:?} in {}", excerpt(tag));
        let mut inside = tag[end..].trim_start();
        while !inside.starts_with('>') && !inside.starts_with("/>") {
            assert!(!closing, "attributes on a closing tag: {}", excerpt(tag));
            let (attribute, value) = inside.split_once("=\"").expect("attributes have quoted values");
            assert!(ATTRIBUTES.contains(&format!(" {attribute} ")), "attribute {attribute:?} in {}", excerpt(tag));
            let (value, after) = value.split_once('"').expect("a closing quote");
            assert!(!value.contains('<'), "{value}");
            assert!(attribute != "href" || value.starts_with('#'), "an address leaves the page: {value}");
            inside = after.trim_start();
        }
        rest = inside.split_once('>').expect("the tag ends").1;
        if name == "style" && !closing {
            rest = &rest[rest.find("</style>").expect("the style ends")..];
        }
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(120).collect()
}
