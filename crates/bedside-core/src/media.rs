//! Images that a system is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An image, as it lies in the package. It is passed on byte for byte and never decoded here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Media type, such as `image/png`.
    pub mime: String,
    /// The file.
    #[serde(rename = "base64", serialize_with = "encode", deserialize_with = "decode")]
    pub bytes: Vec<u8>,
}

impl Image {
    /// The file in base64, which is how every interface takes it.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.bytes)
    }

    /// The file as a `data:` address.
    pub fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.mime, self.base64())
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}, {} bytes)", self.mime, self.bytes.len())
    }
}

fn encode<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_survives_json() {
        let image = Image { mime: "image/png".into(), bytes: vec![0, 255, 7] };
        let text = serde_json::to_string(&image).unwrap();
        assert_eq!(text, r#"{"mime":"image/png","base64":"AP8H"}"#);
        assert_eq!(serde_json::from_str::<Image>(&text).unwrap(), image);
    }
}
