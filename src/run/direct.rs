//! An output that is written in one go: standard output, a pipe, a page.

use std::io;

use super::items::Place;
use super::rejected::RejectedFile;
use super::summary::Summary;
use super::{Output, RunError, failed};
use crate::corpus::Rejection;
use crate::document::TaggedDocument;
use crate::output::DocumentWriter;

/// Where rejections go.
pub enum Rejections<'a> {
    /// To whoever watches, one by one.
    Tell(Box<dyn FnMut(&Rejection) + Send + 'a>),
    /// To a file.
    File(RejectedFile),
}

impl Rejections<'_> {
    /// Takes a rejection.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn take(&mut self, rejection: &Rejection) -> Result<(), RunError> {
        match self {
            Rejections::Tell(tell) => tell(rejection),
            Rejections::File(file) => file
                .write(rejection)
                .map_err(|error| failed(file.path(), error))?,
        }
        Ok(())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub(super) fn finish(&mut self) -> Result<(), RunError> {
        if let Rejections::File(file) = self {
            let finished = file
                .sync()
                .and_then(|length| RejectedFile::finish(file.path(), length));
            finished.map_err(|error| failed(file.path(), error))?;
        }
        Ok(())
    }
}

/// A writer that cannot go on after the run has ended.
pub struct Direct<'a> {
    writer: Box<dyn DocumentWriter + Send + 'a>,
    place: String,
    rejections: Rejections<'a>,
    summary: Summary,
}

impl<'a> Direct<'a> {
    /// `place` names the output in messages.
    pub fn new(
        writer: Box<dyn DocumentWriter + Send + 'a>,
        place: String,
        rejections: Rejections<'a>,
    ) -> Self {
        Direct {
            writer,
            place,
            rejections,
            summary: Summary::default(),
        }
    }

    fn failed(&self, source: io::Error) -> RunError {
        RunError::Output {
            place: self.place.clone(),
            source,
        }
    }
}

impl Output for Direct<'_> {
    fn document(&mut self, tagged: &TaggedDocument, _: Place) -> Result<(), RunError> {
        self.summary.count(tagged);
        self.writer.write(tagged).map_err(|error| self.failed(error))
    }

    fn rejection(&mut self, rejection: &Rejection, _: Place) -> Result<(), RunError> {
        self.summary.rejected += 1;
        self.rejections.take(rejection)
    }

    fn flush(&mut self) -> Result<(), RunError> {
        self.writer.flush().map_err(|error| self.failed(error))
    }

    fn finish(&mut self) -> Result<(), RunError> {
        self.writer.finish().map_err(|error| self.failed(error))?;
        self.rejections.finish()
    }

    fn pause(&mut self) -> Result<(), RunError> {
        self.writer.finish().map_err(|error| self.failed(error))
    }

    fn summary(&self) -> &Summary {
        &self.summary
    }
}
