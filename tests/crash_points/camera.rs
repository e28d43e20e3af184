//! Pictures of the disk at each fault point.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};

use icn_runtime::{Did, FaultPoint, Faults, InvocationId};

use crate::common::tree;

/// What a directory holds.
pub(crate) type Disk = BTreeMap<PathBuf, Vec<u8>>;

/// What the disk held at a step, and all that had been answered before.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) points: BTreeSet<String>,
    pub(crate) disk: Disk,
    pub(crate) answered: BTreeSet<(Did, InvocationId)>,
}

/// Keeps images of a directory, at every point at which a fault may happen. None does.
#[derive(Debug)]
pub(crate) struct Camera {
    pub(crate) data: PathBuf,
    pub(crate) answered: Mutex<BTreeSet<(Did, InvocationId)>>,
    pub(crate) images: Mutex<Vec<Image>>,
    /// Whether the DAG is writing: then another thread's look would see a moment that never was.
    pub(crate) writing: Mutex<bool>,
    pub(crate) written: Condvar,
}

impl Camera {
    pub(crate) fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            answered: Mutex::default(),
            images: Mutex::default(),
            writing: Mutex::new(false),
            written: Condvar::new(),
        }
    }

    pub(crate) fn keep(&self, point: &str) {
        let answered = self.answered.lock().unwrap().clone();
        let mut disk = tree(&self.data);
        // Compiled modules are made again; a kill does not care, and the test is done sooner.
        disk.retain(|name, _| !name.starts_with("artefacts"));
        let mut images = self.images.lock().unwrap();
        match images.last_mut() {
            Some(last) if last.disk == disk => {
                last.points.insert(point.to_owned());
                last.answered.extend(answered);
            }
            _ => images.push(Image { points: BTreeSet::from([point.to_owned()]), disk, answered }),
        }
    }
}

impl Faults for Camera {
    fn at(&self, point: FaultPoint) -> bool {
        let mut writing = self.writing.lock().unwrap();
        let begins = matches!(point, FaultPoint::Append | FaultPoint::Checkpoint);
        let ends = matches!(point, FaultPoint::Appended | FaultPoint::Checkpointed);
        while *writing && !ends {
            writing = self.written.wait(writing).unwrap();
        }
        self.keep(&format!("{point:?}"));
        *writing = begins;
        drop(writing);
        self.written.notify_all();
        false
    }
}
