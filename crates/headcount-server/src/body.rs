//! Bodies: of answers, which take room until they are sent, and of requests, which are read
//! within bounds.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{
    HeaderMap,
    body::{Frame, SizeHint},
    header::CONTENT_LENGTH,
};
use tokio::sync::OwnedSemaphorePermit;

use crate::{app::within, error::ApiError, settings::Bounds};

/// An answer in memory, in pieces. It takes room until the caller has it, so that many slow callers
/// cannot fill the memory.
pub(crate) struct Page {
    rest: VecDeque<Bytes>,
    _room: OwnedSemaphorePermit,
}

impl Page {
    pub(crate) fn new(pieces: VecDeque<Bytes>, room: OwnedSemaphorePermit) -> Self {
        Self {
            rest: pieces,
            _room: room,
        }
    }
}

impl hyper::body::Body for Page {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.rest.pop_front().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(length(&self.rest))
    }
}

/// Bytes of all pieces.
pub(crate) fn length(pieces: &VecDeque<Bytes>) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum()
}

/// Bytes of a refused body that are read and thrown away, so that a caller who sends all of it
/// before looking gets to see the answer.
const DRAINED: u64 = 256 << 20;

/// The body of a request.
///
/// # Errors
/// 413 past the bound, 408 when it does not come in time, 400 when it breaks off.
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: Body,
    bounds: &Bounds,
) -> Result<Bytes, ApiError> {
    let too_large = || ApiError::too_large(bounds.body);
    let told: Option<u64> = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let most = bounds.body as u64;
    if told.is_some_and(|told| told > most) {
        drain(&mut body, bounds).await;
        return Err(too_large());
    }
    let gathered = within(bounds.body_time, async {
        let mut gathered = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame =
                frame.map_err(|_| ApiError::bad_request("the body of the request broke off"))?;
            if let Ok(data) = frame.into_data() {
                if gathered.len() + data.len() > bounds.body {
                    return Err(too_large());
                }
                gathered.extend_from_slice(&data);
            }
        }
        Ok(gathered.freeze())
    })
    .await
    .unwrap_or_else(|| Err(ApiError::slow_request()));
    if gathered == Err(too_large()) {
        drain(&mut body, bounds).await;
    }
    gathered
}

async fn drain(body: &mut Body, bounds: &Bounds) {
    let drained = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, |data| data.len() as u64);
            if seen > DRAINED {
                return;
            }
        }
    };
    within(bounds.body_time / 4, drained).await;
}
