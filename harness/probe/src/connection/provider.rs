//! The cryptography of every connection of the probe. No choice of suites: that is part of a connection's plan.

use std::sync::{Arc, LazyLock};

use rustls::crypto::{CryptoProvider, ring};

pub(crate) static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));
