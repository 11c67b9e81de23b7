//! What each token writes.

use std::collections::BTreeMap;

use super::Control;

/// No vocabulary has more tokens than this.
const MOST: u32 = 1 << 24;

/// The bytes of every token, one after another, and what kind of token each is.
#[derive(Debug)]
pub(super) struct Vocabulary {
    bytes: Vec<u8>,
    /// Where the bytes of a token end; they begin where those of the one before it end.
    ends: Vec<u32>,
    kinds: Vec<Kind>,
    /// The token of every byte.
    single: [u32; 256],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Absent,
    Ordinary,
    Control,
    Special,
}

impl Vocabulary {
    pub(super) fn new(
        plain: &tokenizers::Tokenizer,
        control: &BTreeMap<u32, Control>,
    ) -> Result<Self, String> {
        let letters = letters();
        let mut tokens: Vec<Option<(Kind, Vec<u8>)>> = Vec::new();
        for (token, id) in plain.get_vocab(false) {
            let bytes: Option<Vec<u8>> = token.chars().map(|c| letters.get(&c).copied()).collect();
            let named = || control.get(&id).map(|control| control.content.clone().into_bytes());
            let Some(bytes) = bytes.or_else(named) else {
                let shown: String = token.escape_debug().take(40).collect();
                return Err(format!("token {id}, '{shown}', is not of a byte-level vocabulary"));
            };
            put(&mut tokens, id, Kind::Ordinary, bytes)?;
        }
        let mut single = [None; 256];
        for (id, token) in (0u32..).zip(&tokens) {
            if let Some((Kind::Ordinary, bytes)) = token
                && let [byte] = bytes[..]
                && !control.contains_key(&id)
            {
                single[usize::from(byte)] = Some(id);
            }
        }
        for (&id, token) in control {
            let kind = if token.special { Kind::Special } else { Kind::Control };
            put(&mut tokens, id, kind, token.content.clone().into_bytes())?;
        }
        let missing = |byte| format!("no token writes the byte {byte:#04x} alone");
        let mut complete = [0; 256];
        for (byte, id) in single.into_iter().enumerate() {
            complete[byte] = id.ok_or_else(|| missing(byte))?;
        }
        Ok(Self::pack(tokens, complete))
    }

    fn pack(tokens: Vec<Option<(Kind, Vec<u8>)>>, single: [u32; 256]) -> Self {
        let (mut bytes, mut ends, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
        for token in tokens {
            let (kind, written) = token.unwrap_or((Kind::Absent, Vec::new()));
            bytes.extend(written);
            ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
            kinds.push(kind);
        }
        bytes.shrink_to_fit();
        Self { bytes, ends, kinds, single }
    }

    pub(super) fn bytes(&self, id: u32) -> Option<&[u8]> {
        let id = id as usize;
        if matches!(self.kinds.get(id)?, Kind::Absent) {
            return None;
        }
        let start = if id == 0 { 0 } else { *self.ends.get(id - 1)? };
        self.bytes.get(start as usize..*self.ends.get(id)? as usize)
    }

    pub(super) fn is_special(&self, id: u32) -> bool {
        self.kinds.get(id as usize) == Some(&Kind::Special)
    }

    pub(super) fn is_control(&self, id: u32) -> bool {
        matches!(self.kinds.get(id as usize), Some(Kind::Special | Kind::Control))
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.kinds.len()).unwrap_or(MOST)
    }

    /// Appends one token for each byte.
    pub(super) fn spell(&self, bytes: &[u8], ids: &mut Vec<u32>) {
        ids.extend(bytes.iter().map(|byte| self.single[usize::from(*byte)]));
    }
}

fn put(
    tokens: &mut Vec<Option<(Kind, Vec<u8>)>>,
    id: u32,
    kind: Kind,
    bytes: Vec<u8>,
) -> Result<(), String> {
    if id >= MOST {
        return Err(format!("token {id} is beyond the largest id, {MOST}"));
    }
    let place = id as usize;
    if tokens.len() <= place {
        tokens.resize(place + 1, None);
    }
    tokens[place] = Some((kind, bytes));
    Ok(())
}

/// The byte that each letter of a byte-level vocabulary stands for: printable bytes of Latin-1 for
/// themselves, the others for the letters from U+0100 on, in their order (GPT-2's table).
fn letters() -> BTreeMap<char, u8> {
    let plain = |byte: &u8| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let others = (0u8..=255).filter(|byte| !plain(byte));
    let own = (0u8..=255).filter(plain).map(|byte| (char::from(byte), byte));
    own.chain(('\u{100}'..).zip(others)).collect()
}
