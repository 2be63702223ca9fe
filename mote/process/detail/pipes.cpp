#include <mote/process/detail/pipes.hpp>

#include <mote/process/detail/running.hpp>
#include <mote/process/detail/start.hpp>
#include <mote/process/error.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace mote::process::detail {

pipes::pipes(const command& what) {
    const std::array kinds = {what.input, what.output, what.error};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        streams_[i] = make(kinds[i], static_cast<int>(i), ours_[i], theirs_[i], i == 0);
    }
}

int pipes::make(stream kind, int own, descriptor& ours, descriptor& theirs, bool we_write) {
    if (kind == stream::null) return null_device();
    if (kind == stream::inherit) return own;
    if (kind == stream::merge) return streams_[1];
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw_error(errc::cannot_start, "pipe: " + std::generic_category().message(errno));
    }
    ours.reset(ends[we_write ? 1 : 0]);
    theirs.reset(ends[we_write ? 0 : 1]);
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    return theirs.get();
}

void pipes::give_ours(running& to) {
    const std::array places = {&to.input, &to.output, &to.error};
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!ours_[i]) continue;
        places[i]->assign(ours_[i].get());
        ours_[i].release();
    }
}

std::vector<descriptor> pipes::take_theirs() {
    std::vector<descriptor> taken;
    for (descriptor& one : theirs_) {
        if (one) taken.push_back(std::move(one));
    }
    return taken;
}

void ignore_broken_pipes() noexcept {
    static const bool done = [] {
        struct sigaction now{};
        if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) ::signal(SIGPIPE, SIG_IGN);
        return true;
    }();
    static_cast<void>(done);
}

}  // namespace mote::process::detail
