//! A disk that is full soon.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A file system of its own where this user may mount one; elsewhere a limit on the size of files.
pub struct SmallDisk {
    /// Where it is.
    pub path: PathBuf,
    mounted: bool,
    size: u64,
}

impl SmallDisk {
    pub fn new(path: &Path, size: u64) -> Self {
        fs::create_dir(path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "nomenclator-test"])
            .arg(path)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            eprintln!(
                "SKIPPED: a file system of its own cannot be mounted here: a limit on file sizes stands in"
            );
        }
        SmallDisk {
            path: path.to_owned(),
            mounted,
            size,
        }
    }

    pub fn run(&self, mut command: Command) -> Output {
        if self.mounted {
            return command.output().unwrap();
        }
        let mut limited = Command::new("bash");
        limited
            .args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\""])
            .arg((self.size / 1024).to_string())
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(command.get_current_dir().unwrap())
            .stdin(Stdio::null());
        limited.output().unwrap()
    }

    pub fn grow(&self, size: u64) {
        if self.mounted {
            let grown = Command::new("mount")
                .args(["-o", &format!("remount,size={size}")])
                .arg(&self.path)
                .status();
            assert!(grown.unwrap().success());
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg(&self.path).status();
        }
    }
}
