//! What the process that owns the device answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The answer to one [`Request`](super::Request).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Response {
    /// Done; there is nothing to say.
    Ok,
    /// Who the device is.
    Info(Info),
    /// Bytes read from a buffer.
    Data {
        /// The bytes.
        #[serde(with = "hex")]
        bytes: Vec<u8>,
    },
    /// Times of one launch each, in microseconds: outer by launch, inner by round.
    Samples {
        /// The samples.
        us: Vec<Vec<f64>>,
    },
    /// One measured figure, in the unit that the request names.
    Figure {
        /// The figure.
        value: f64,
    },
    /// The request failed.
    Error {
        /// What kind of failure, for the tuner to act on.
        kind: Failure,
        /// What happened, for people.
        message: String,
    },
}

/// What the device says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    /// The worker's protocol version.
    pub protocol: u32,
    /// The device's name, for people.
    pub device: String,
    /// `host`, `hip` or `sim`.
    pub backend: String,
    /// What measurements depend on: processor or chip, cores or units, memory, driver, firmware.
    pub fingerprint: BTreeMap<String, String>,
    /// Host threads that `0` stands for; 1 for devices without threads.
    pub threads: u32,
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The request makes no sense: unknown id, sizes that do not fit, wrong version.
    BadRequest,
    /// The code object or symbol could not be loaded.
    Load,
    /// The device has not enough memory.
    OutOfMemory,
    /// The launch failed or faulted; the device answers still.
    Launch,
    /// A guard byte around a buffer was overwritten.
    RedZone,
    /// The device cannot do this: a probe it has no arithmetic for.
    Unsupported,
    /// The device is lost; the worker must be replaced.
    Lost,
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;
    use crate::vocabulary::Dtype;

    fn requests() -> Vec<Request> {
        let fill = Fill::Random(Random { seed: u64::MAX, dtype: Dtype::F16, lo: -0.1, hi: 0.3 });
        let launch = LaunchSpec {
            object: 1,
            symbol: "mmvq".into(),
            grid: [1, 2, 3],
            threads: 256,
            lds_bytes: 0,
            kernarg: vec![0, 1, 254, 255],
            relocations: vec![Relocation { at: 0, buffer: 4, plus: 1 << 40 }],
        };
        let timing = Timing {
            launches: vec![launch.clone(), launch.clone()],
            samples: 5,
            min_sample_us: 200.0,
            cold: Cold { rotate: vec![4] },
            threads: 0,
        };
        let read = |into| Request::Read { id: 4, copy: 0, offset: 8, bytes: 16, into };
        vec![
            Request::Hello { protocol: PROTOCOL },
            Request::LoadObject { id: 1, path: "/a/b".into() },
            Request::UnloadObject { id: 1 },
            Request::Alloc(Buffer { id: 4, bytes: 64, fill, copies: 3, red_zone: 256 }),
            Request::Alloc(Buffer {
                id: 5,
                bytes: 8,
                fill: Fill::Integers(vec![i32::MIN, 7]),
                copies: 1,
                red_zone: 0,
            }),
            read(ReadTarget::Inline),
            read(ReadTarget::File("/tmp/out".into())),
            Request::CheckRedZones { id: 4 },
            Request::Launch(launch),
            Request::Time(timing),
            Request::Canary,
            Request::BandwidthProbe { threads: 2 },
            Request::PeakProbe { peak: Peak::Dot4I8, threads: 1 },
            Request::Free { id: 4 },
            Request::Shutdown,
        ]
    }

    #[test]
    fn every_request_passes_through_a_frame_unchanged() {
        for request in requests() {
            let mut bytes = Vec::new();
            write_frame(&mut bytes, &request).unwrap();
            assert_eq!(read_frame::<Request>(&mut bytes.as_slice()).unwrap(), Some(request));
        }
    }

    #[test]
    fn every_response_passes_through_a_frame_unchanged() {
        let info = Info {
            protocol: PROTOCOL,
            device: "EPYC".into(),
            backend: "host".into(),
            fingerprint: [("cores".into(), "2".into())].into(),
            threads: 2,
        };
        let responses = [
            Response::Ok,
            Response::Info(info),
            Response::Data { bytes: vec![0, 255] },
            Response::Samples { us: vec![vec![0.1 + 0.2, 41.2], vec![]] },
            Response::Figure { value: 5e-324 },
            Response::Error { kind: Failure::RedZone, message: "byte 3".into() },
        ];
        for response in responses {
            let mut bytes = Vec::new();
            write_frame(&mut bytes, &response).unwrap();
            assert_eq!(read_frame::<Response>(&mut bytes.as_slice()).unwrap(), Some(response));
        }
    }
}
