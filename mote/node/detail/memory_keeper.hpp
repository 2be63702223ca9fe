#pragma once

#include <cstdint>
#include <malloc.h>

namespace mote::node::detail {

/// Gives memory back to the system once all is calm after starts of processes or changes of functions: what those needed for
/// a moment lies between what stays, and the allocator would keep it for good.
class memory_keeper {
public:
    /// To be called about once a second, with a number that is another one whenever there was something to do.
    void look(std::uint64_t done) noexcept {
        if (done != seen_) {
            seen_ = done;
            calm_in_ = seconds_of_calm;
            return;
        }
        if (calm_in_ == 0) return;
        --calm_in_;
#ifdef __GLIBC__
        if (calm_in_ == 0) ::malloc_trim(0);
#endif
    }

private:
    static constexpr unsigned seconds_of_calm = 3;

    std::uint64_t seen_ = 0;
    unsigned calm_in_ = 0;
};

}  // namespace mote::node::detail
