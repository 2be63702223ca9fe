#include <mote/node/detail/version_run.hpp>

#include <mote/http/status.hpp>

#include <utility>

namespace mote::node::detail {
namespace {

using clock = version_run::clock;

constexpr auto first_back_off = std::chrono::milliseconds(200);
constexpr auto longest_back_off = std::chrono::seconds(30);
/// A replica that lived so long did not fail to start.
constexpr auto long_life = std::chrono::seconds(10);

clock::duration back_off(unsigned failures) {
    clock::duration wait = first_back_off;
    for (unsigned i = 1; i < failures && wait < longest_back_off; ++i) wait *= 2;
    return std::min<clock::duration>(wait, longest_back_off);
}

}  // namespace

void version_run::note_start() noexcept {
    ++starting;
    last_start = clock::now();
}

void version_run::note_failure(std::string why, int status) {
    trouble = std::move(why);
    trouble_status = status;
    next_try = clock::now() + back_off(++failures);
}

void version_run::note_end(std::string why) {
    trouble = std::move(why);
    trouble_status = http::status::service_unavailable;
    failures = clock::now() - last_start > long_life ? 1 : failures + 1;
    next_try = clock::now() + (failures == 1 ? clock::duration::zero() : back_off(failures - 1));
}

void version_run::forget_trouble() noexcept {
    trouble.clear();
    next_try = clock::time_point();
}

}  // namespace mote::node::detail
