#pragma once

#include <mote/process/command.hpp>
#include <mote/process/detail/descriptor.hpp>

#include <array>
#include <vector>

namespace mote::process::detail {

class running;

/// The streams of a command: both ends of its pipes, until the child has theirs.
class pipes {
public:
    /// Throws `errc::cannot_start` when there are no descriptors left.
    explicit pipes(const command& what);

    /// stdin, stdout, stderr of the child; open while this object lives.
    const std::array<int, 3>& theirs() const noexcept { return streams_; }

    void give_ours(running& to);
    /// The child's ends of the pipes, in the order of the streams.
    std::vector<descriptor> take_theirs();

private:
    int make(stream kind, int own, descriptor& ours, descriptor& theirs, bool we_write);

    std::array<descriptor, 3> ours_, theirs_;
    std::array<int, 3> streams_{};
};

/// A child that does not read must not end us: SIGPIPE is ignored from the first call on, unless somebody handles it.
void ignore_broken_pipes() noexcept;

}  // namespace mote::process::detail
