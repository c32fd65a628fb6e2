//! A stream that gives up on who neither asks nor takes: a silent connection is closed after a
//! while, and an answer has to be taken at a least speed.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Duration, Instant, Sleep},
};

use crate::settings::Bounds;

/// Requests of a connection that are being answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity(Arc<AtomicUsize>);

impl Activity {
    /// Counts a request until the value is dropped.
    pub(super) fn request(&self) -> UnderWay {
        self.0.fetch_add(1, Ordering::Relaxed);
        UnderWay(self.0.clone())
    }

    fn is_idle(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

/// A request that is being answered.
pub(super) struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The stream. Timers are made when somebody first keeps us waiting, not for each request.
pub(super) struct Timed {
    stream: TcpStream,
    activity: Activity,
    idle_time: Duration,
    write_time: Duration,
    reading: Option<Pin<Box<Sleep>>>,
    /// Waiting for the caller to take more: until when, and how much was taken since.
    writing: Option<(Pin<Box<Sleep>>, u64)>,
}

impl Timed {
    pub(super) fn new(stream: TcpStream, activity: Activity, bounds: &Bounds) -> Self {
        Self {
            stream,
            activity,
            idle_time: bounds.idle_time,
            write_time: bounds.write_time,
            reading: None,
            writing: None,
        }
    }

    /// After a write: what was taken, or a wait that has lasted too long.
    fn wrote(
        &mut self,
        context: &mut Context<'_>,
        result: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match result {
            Poll::Ready(result) => {
                if let (Some((_, taken)), Ok(bytes)) = (&mut self.writing, &result) {
                    *taken += *bytes as u64;
                }
                Poll::Ready(result)
            }
            Poll::Pending => {
                let time = self.write_time;
                let (sleep, taken) = self
                    .writing
                    .get_or_insert_with(|| (Box::pin(tokio::time::sleep(time)), 0));
                while sleep.as_mut().poll(context).is_ready() {
                    if *taken < Bounds::LEAST_TAKEN {
                        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                    }
                    *taken = 0;
                    sleep.as_mut().reset(Instant::now() + time);
                }
                Poll::Pending
            }
        }
    }
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Poll::Ready(result) = Pin::new(&mut this.stream).poll_read(context, buffer) {
            this.reading = None;
            return Poll::Ready(result);
        }
        let time = this.idle_time;
        let sleep = this
            .reading
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
        ready!(sleep.as_mut().poll(context));
        // A request that is being answered, or an answer that is being taken, has its own bounds.
        if this.activity.is_idle() && this.writing.is_none() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        sleep.as_mut().reset(Instant::now() + time);
        // Registers the new end; it lies ahead.
        let _ = sleep.as_mut().poll(context);
        Poll::Pending
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wrote(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        if result.is_ready() {
            // All was taken; the next answer starts anew.
            self.writing = None;
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    async fn pair(bounds: &Bounds) -> (Timed, TcpStream, Activity) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let caller = TcpStream::connect(listener.local_addr().unwrap());
        let (caller, taken) = tokio::join!(caller, listener.accept());
        let activity = Activity::default();
        let timed = Timed::new(taken.unwrap().0, activity.clone(), bounds);
        (timed, caller.unwrap(), activity)
    }

    fn short() -> Bounds {
        Bounds {
            idle_time: Duration::from_millis(100),
            write_time: Duration::from_millis(200),
            ..Bounds::default()
        }
    }

    #[tokio::test]
    async fn silence_ends_a_connection_but_not_while_it_is_answered() {
        let (mut timed, _caller, activity) = pair(&short()).await;
        let under_way = activity.request();
        let read = tokio::time::timeout(Duration::from_millis(350), timed.read_u8()).await;
        assert!(read.is_err(), "closed while a request was answered");
        drop(under_way);
        let error = timed.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_takes_nothing_is_dropped_and_who_takes_slowly_is_not() {
        let (mut timed, _caller, _) = pair(&short()).await;
        let all = vec![0; 64 << 20];
        let error = timed.write_all(&all).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);

        let (mut timed, mut caller, _) = pair(&short()).await;
        let taking = tokio::spawn(async move {
            let mut some = vec![0; 4 << 20];
            let mut taken = 0;
            while let Ok(bytes) = caller.read(&mut some).await {
                if bytes == 0 {
                    break;
                }
                taken += bytes;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            taken
        });
        timed.write_all(&all).await.unwrap();
        timed.flush().await.unwrap();
        timed.shutdown().await.unwrap();
        assert_eq!(taking.await.unwrap(), all.len());
    }
}
