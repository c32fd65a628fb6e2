//! Traces of requests to a collector, as OTLP over HTTP. The usual `OTEL_*` variables say where to
//! and how; the exporter reads them itself.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

use crate::config::environment;

/// Spans on their way to the collector; those that wait are sent when this is dropped.
#[derive(Debug)]
pub(super) struct Traces(SdkTracerProvider);

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(error = &error as &dyn std::error::Error, "traces were lost");
        }
    }
}

/// The layer that makes spans of requests, where a collector is named and `wanted`.
///
/// # Errors
/// When what the variables say of the collector cannot be used.
pub(super) fn start<S>(wanted: bool) -> Result<Option<(impl Layer<S>, Traces)>, ExporterBuildError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    if !wanted || !environment::has_collector() {
        return Ok(None);
    }
    // A collector behind TLS is reached as Genesys Cloud is; it may be installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder().with_http().build()?;
    let mut resource = Resource::builder();
    if !environment::has_service_name() {
        resource = resource.with_service_name("headcount");
    }
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("headcount"))
        .with_filter(Targets::new().with_target("headcount_server", LevelFilter::INFO));
    Ok(Some((layer, Traces(provider))))
}
