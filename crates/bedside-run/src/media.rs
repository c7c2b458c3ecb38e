//! Files of an item: read from the package, held against their digests, and shown as images.

use std::path::{Component, Path, PathBuf};

use bedside_core::item::{Item, Media};
use bedside_core::problem::{Place, Problem, Problems};
use bedside_core::{Image, limits};
use sha2::{Digest as _, Sha256};

use crate::package::read_bounded;

/// The kinds of image that every provider with images takes, each with how its files begin.
const KINDS: [(&str, Begins); 4] = [
    ("image/png", |bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", |bytes| bytes.starts_with(b"\xff\xd8\xff")),
    ("image/gif", |bytes| bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")),
    ("image/webp", |bytes| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")),
];

type Begins = fn(&[u8]) -> bool;

/// Reads the files of an item from the folder of its package, in the item's order.
pub fn read(folder: &Path, item: &Item) -> Result<Vec<Image>, Problems> {
    let mut images = Vec::new();
    let mut room = limits::ITEM_MEDIA_BYTES;
    for media in &item.media {
        let image = read_one(folder, media).map_err(|mut problems| {
            for problem in &mut problems.0 {
                problem.what = format!("{} (media of item `{}`)", problem.what, item.id);
            }
            problems
        })?;
        room = room.checked_sub(image.bytes.len() as u64).ok_or_else(|| {
            Problem::new(
                "too_large",
                format!("the media of item `{}` are larger than {} bytes together", item.id, limits::ITEM_MEDIA_BYTES),
            )
            .at(Place::file(media.path.as_str()))
            .hint("scale the images down: most models do so themselves, and unseen")
        })?;
        images.push(image);
    }
    Ok(images)
}

fn read_one(folder: &Path, media: &Media) -> Result<Image, Problems> {
    let place = || Place::file(media.path.as_str());
    let Some((_, begins)) = KINDS.iter().find(|(mime, _)| *mime == media.mime) else {
        return Err(Problem::new("unsupported_media", format!("`{}` cannot be shown to a system", media.mime))
            .at(place())
            .suggest(&media.mime, KINDS.map(|(mime, _)| mime))
            .into());
    };
    let path = inside(folder, &media.path)?;
    let bytes = read_bounded(&path, limits::MEDIA_BYTES)?;
    let found = Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    if !found.eq_ignore_ascii_case(&media.sha256) {
        return Err(Problem::new("digest_mismatch", format!("{} is not the file that the item names", media.path))
            .at(place())
            .because(format!("its sha256 is {found}, in items.jsonl stands {}", media.sha256))
            .hint("bring back the file, or write its sha256 into items.jsonl if it was changed on purpose")
            .into());
    }
    if !begins(&bytes) {
        return Err(Problem::new("bad_media", format!("{} is no {}", media.path, media.mime))
            .at(place())
            .because("its first bytes are those of another kind of file")
            .hint("correct `mime` in items.jsonl")
            .into());
    }
    Ok(Image { mime: media.mime.clone(), bytes })
}

/// The path of a file under `media/`. Neither the words of the path nor a link may lead out of it.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, Problem> {
    let refused = |reason: &str| {
        Problem::new("bad_path", format!("`{path}` is no path of a file under media/"))
            .at(Place::file(path))
            .because(reason.to_owned())
            .hint("put the file into the package's folder `media` and write its path as `media/NAME`")
    };
    if path.contains(['\\', ':', '\0']) {
        return Err(refused("it has characters that lead elsewhere on some systems"));
    }
    let words = Path::new(path);
    let mut components = words.components();
    if components.next() != Some(Component::Normal("media".as_ref())) {
        return Err(refused("it does not begin with media/"));
    }
    if !components.clone().all(|component| matches!(component, Component::Normal(_))) || components.next().is_none() {
        return Err(refused("each part must be a name"));
    }
    let real = |path: &Path| {
        path.canonicalize().map_err(|error| {
            Problem::new("unreadable_file", format!("cannot read {}", path.display()))
                .at(Place::file(path.display().to_string()))
                .because(error.to_string())
                .hint("the package is incomplete: bring the file into its folder `media`")
        })
    };
    let within = real(&folder.join("media"))?;
    let file = real(&folder.join(words))?;
    if !within.starts_with(real(folder)?) || !file.starts_with(&within) {
        return Err(refused("a link in it leads out of the package"));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bedside_core::Digest;
    use bedside_core::item::Reference;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and more";

    fn item(path: &str, mime: &str, bytes: &[u8]) -> Item {
        let sha256 = Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        Item {
            id: "i1".into(),
            cluster: "i1".into(),
            template: None,
            strata: std::collections::BTreeMap::new(),
            input: serde_json::Map::new(),
            media: vec![Media { path: path.into(), sha256, mime: mime.into(), role: "ecg".into() }],
            options: Vec::new(),
            reference: Reference::Choice("A".into()),
            reference_sets: std::collections::BTreeMap::new(),
            severity: None,
            provenance: serde_json::Map::new(),
            world: None,
            digest: Digest::of(b"i1"),
        }
    }

    fn package() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("media/deep")).unwrap();
        std::fs::write(folder.path().join("media/deep/ecg.png"), PNG).unwrap();
        std::fs::write(folder.path().join("secret.png"), PNG).unwrap();
        folder
    }

    fn refusal(path: &str, mime: &str, bytes: &[u8]) -> String {
        let folder = package();
        read(folder.path(), &item(path, mime, bytes)).unwrap_err().0[0].to_string()
    }

    #[test]
    fn a_file_of_the_package_becomes_an_image() {
        let folder = package();
        let images = read(folder.path(), &item("media/deep/ecg.png", "image/png", PNG)).unwrap();
        assert_eq!(images, [Image { mime: "image/png".into(), bytes: PNG.to_vec() }]);
    }

    #[test]
    fn no_path_leads_out() {
        for path in [
            "secret.png",
            "../secret.png",
            "media/../secret.png",
            "media",
            "media/",
            "/etc/hostname",
            "media\\..\\secret.png",
            "C:media/x.png",
            "",
            "./media/deep/ecg.png/../../../secret.png",
        ] {
            let text = refusal(path, "image/png", PNG);
            assert!(text.contains("is no path of a file under media/"), "{path}: {text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_out() {
        let folder = package();
        std::os::unix::fs::symlink("../secret.png", folder.path().join("media/link.png")).unwrap();
        let problems = read(folder.path(), &item("media/link.png", "image/png", PNG)).unwrap_err();
        assert!(problems.0[0].to_string().contains("leads out of the package"), "{}", problems.0[0]);
    }

    #[test]
    fn what_is_not_the_file_that_was_meant_is_named() {
        assert!(refusal("media/deep/ecg.png", "image/png", b"other").contains("is not the file that the item names"));
        assert!(refusal("media/deep/ecg.png", "image/jpeg", PNG).contains("is no image/jpeg"));
        assert!(refusal("media/deep/ecg.png", "image/dicom", PNG).contains("cannot be shown to a system"));
        assert!(refusal("media/none.png", "image/png", PNG).contains("cannot read"));
    }
}
