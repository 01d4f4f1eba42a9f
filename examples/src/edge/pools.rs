//! [`Pools`]: the pools that are probed, by name.

use std::{collections::HashMap, sync::Arc};

use eaves_common::Error;
use eaves_health::{
    Algorithm, Selector,
    driver::{self, Handle},
    monitor::{Change, Event, PoolStatus, Standing},
    pool::{Mode, Snapshot},
};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};

use super::config::PoolSettings;

/// The running pools. Dropping it stops their probes.
#[derive(Debug, Default)]
pub struct Pools(HashMap<String, Running>);

#[derive(Debug)]
struct Running {
    settings: PoolSettings,
    handle: Handle,
    selector: Selector,
}

impl Pools {
    /// Runs these pools from now on. One that stays keeps what it knows of its origins; if only
    /// its origins changed, of those that stay.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with a pool; those before it have been replaced already.
    pub fn set(&mut self, pools: &[PoolSettings]) -> Result<(), Error> {
        let named = |name: &String| pools.iter().any(|pool| pool.name() == name);
        self.0.retain(|name, _| named(name));
        for pool in pools {
            match self.0.get_mut(pool.name()) {
                Some(running) => running.set(pool)?,
                None => {
                    let running = Running::start(pool)?;
                    self.0.insert(pool.name().to_owned(), running);
                }
            }
        }
        Ok(())
    }

    /// Returns where origins of a pool are picked.
    #[must_use]
    pub fn selector(&self, name: &str) -> Option<Selector> {
        self.0.get(name).map(|running| running.selector.clone())
    }

    /// Returns a watch on who of a pool can be sent clients.
    #[must_use]
    pub fn watch(&self, name: &str) -> Option<watch::Receiver<Arc<Snapshot>>> {
        self.0.get(name).map(|running| running.handle.watch())
    }

    /// Returns how the pools stand, by name.
    #[must_use]
    pub fn status(&self) -> Vec<PoolStatus> {
        let mut status: Vec<_> = self
            .0
            .values()
            .map(|running| running.handle.status())
            .collect();
        status.sort_by(|a, b| a.name.cmp(&b.name));
        status
    }
}

impl Running {
    fn start(settings: &PoolSettings) -> Result<Self, Error> {
        let handle = driver::spawn(settings.pool.clone())?;
        let selector = handle.selector(Algorithm::PowerOfTwo);
        tokio::spawn(report(handle.subscribe()));
        Ok(Self {
            settings: settings.clone(),
            handle,
            selector,
        })
    }

    fn set(&mut self, settings: &PoolSettings) -> Result<(), Error> {
        let (old, new) = (&self.settings.pool, &settings.pool);
        let other_rules = old.check != new.check || old.policy != new.policy;
        if other_rules {
            *self = Self::start(settings)?;
        } else if old != new {
            self.handle.set_origins(new.origins.clone())?;
        }
        self.settings = settings.clone();
        Ok(())
    }
}

/// Says on standard error what changes in a pool, once it is more than the first look at it.
async fn report(mut events: broadcast::Receiver<Event>) {
    let mut settled = false;
    loop {
        match events.recv().await {
            Ok(event) => {
                let is_mode = matches!(
                    event.change,
                    Change::Mode {
                        to: Mode::Normal,
                        ..
                    }
                );
                if !is_first_look(&event) && (settled || !is_mode) {
                    eprintln!("health: {event}");
                }
                settled |= is_mode;
            }
            Err(RecvError::Lagged(lost)) => eprintln!("health: {lost} changes were not reported"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Says whether an origin that nobody knew yet is as it should be.
fn is_first_look(event: &Event) -> bool {
    matches!(&event.change, Change::Origin { from: Standing::Unknown, to, .. } if to.is_healthy())
}
