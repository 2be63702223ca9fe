#pragma once

#include <mote/process/command.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mote::process {

/// What a sandboxed program sees of the machine, besides /usr, the libraries, its own /proc, a minimal /dev and the few
/// files of /etc that programs need (resolver, certificates; small ones as they were at the start; `passwd` has one user,
/// app). Nothing of it can be written but tmpfs: /tmp, /dev/shm, and without `read_only_root` new files in / and
/// its directories that are no mounts, such as /run.
struct sandbox {
    enum class network { shared, none };  // none: a loopback of its own

    /// A file of the sandbox that is on no disk.
    struct text_file {
        std::string path{};  // inside; absolute
        std::string content{};
        unsigned mode = 0444;  // owned by the program's user
    };

    std::string bundle{};  // directory of this machine, read-only at /home/app; empty: an empty /home/app
    std::vector<std::pair<std::string, std::string>> read_only{};  // further files and directories: here, inside
    std::vector<std::pair<std::string, std::string>> writable{};   // the same, for the program to write in
    std::vector<text_file> files{};                                // such as secrets: /var/openfaas/secrets/NAME
    bool read_only_root = false;                                   // only /tmp and /dev/shm can be written
    network net = network::shared;
    // Bytes of /tmp; /dev/shm has half as many, all new files elsewhere together a quarter (64 KiB at least). 0: each may
    // take half of the machine's memory, where no control group says less.
    std::uint64_t tmp_size = 0;
    unsigned host_user = 65534;  // user and group on this machine when this process is root; others keep their own
};

/// Whether `in_sandbox` works here, and why not.
struct sandbox_support {
    bool works = false;
    std::string text{};  // "bubblewrap 0.8.0", or the reason in one line
};

/// Tries a sandbox once, at most 5 s long, and remembers. Blocks at the first call; any thread.
const sandbox_support& sandbox_available();

/// The command that runs `what` in such a sandbox: as user app (uid 1000; a real user other than root also when this process
/// is root), no capabilities, own user, mount, pid, ipc and uts namespaces, all processes gone with the first one. Its
/// directory is `what.directory`, empty: /home/app. Neither its environment nor its files can be seen by `ps`. What was
/// ended by a signal has `exit_status::code` 128 + signal. What root hands in must be readable by `host_user`, but the
/// directories above it need not be. The command may be started any number of times.
///
/// Throws `errc::bad_command` for a path that is not absolute or not there, `errc::program_not_found` for a program that
/// the sandbox would not have, `errc::no_sandbox` where `sandbox_available` says no.
command in_sandbox(command what, const sandbox& box);

}  // namespace mote::process
