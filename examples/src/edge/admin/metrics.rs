//! The metrics page: families of samples in the OpenMetrics text format.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text::encode},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};

/// A metric's name, what it means, and its samples at this moment.
#[derive(Clone, Debug)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    samples: Samples,
}

#[derive(Clone, Debug)]
enum Samples {
    Counter(Vec<(Labels, u64)>),
    Gauge(Vec<(Labels, f64)>),
}

/// Label names and values.
pub type Labels = Vec<(&'static str, String)>;

impl Family {
    /// A count that only grows; the format adds `_total` to the name.
    #[must_use]
    pub fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::counters(name, help, vec![(Labels::new(), value)])
    }

    /// The same with a sample for each set of labels.
    #[must_use]
    pub fn counters(name: &'static str, help: &'static str, samples: Vec<(Labels, u64)>) -> Self {
        let samples = Samples::Counter(samples);
        Self {
            name,
            help,
            samples,
        }
    }

    /// A value that rises and falls.
    #[must_use]
    pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self::gauges(name, help, vec![(Labels::new(), value)])
    }

    /// The same with a sample for each set of labels.
    #[must_use]
    pub fn gauges(name: &'static str, help: &'static str, samples: Vec<(Labels, f64)>) -> Self {
        let samples = Samples::Gauge(samples);
        Self {
            name,
            help,
            samples,
        }
    }
}

/// Renders families as a page.
#[must_use]
pub fn page(families: Vec<Family>) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Page(families)));
    let mut text = String::new();
    encode(&mut text, &registry).expect("a String takes any text");
    text
}

#[derive(Debug)]
struct Page(Vec<Family>);

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for family in &self.0 {
            family.encode(&mut encoder)?;
        }
        Ok(())
    }
}

impl Family {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        match &self.samples {
            Samples::Counter(samples) => self.encode_samples(samples, encoder, ConstCounter::new),
            Samples::Gauge(samples) => self.encode_samples(samples, encoder, ConstGauge::new),
        }
    }

    fn encode_samples<V: Copy + Default, M: EncodeMetric>(
        &self,
        samples: &[(Labels, V)],
        encoder: &mut DescriptorEncoder<'_>,
        metric: impl Fn(V) -> M,
    ) -> Result<(), fmt::Error> {
        let kind = metric(V::default()).metric_type();
        let mut family = encoder.encode_descriptor(self.name, self.help, None, kind)?;
        if let [(labels, value)] = samples
            && labels.is_empty()
        {
            return metric(*value).encode(family);
        }
        for (labels, value) in samples {
            metric(*value).encode(family.encode_family(labels)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_rendered_with_help_type_and_labels() {
        let text = page(vec![
            Family::counter("eaves_edge_requests", "Requests answered", 7),
            Family::gauges(
                "eaves_health_up",
                "Whether the origin is healthy",
                vec![
                    (vec![("origin", "a".into())], 1.0),
                    (vec![("origin", "b".into())], 0.0),
                ],
            ),
        ]);
        assert_eq!(
            text,
            "# HELP eaves_edge_requests Requests answered\n\
             # TYPE eaves_edge_requests counter\n\
             eaves_edge_requests_total 7\n\
             # HELP eaves_health_up Whether the origin is healthy\n\
             # TYPE eaves_health_up gauge\n\
             eaves_health_up{origin=\"a\"} 1.0\n\
             eaves_health_up{origin=\"b\"} 0.0\n\
             # EOF\n"
        );
    }
}
