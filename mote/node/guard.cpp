#include <mote/node/guard.hpp>

#include <mote/node/detail/own_names.hpp>
#include <mote/process/control_group.hpp>

#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace mote::node {

int run_guard(std::string_view groups) {
    if (!detail::is_prefix_of_process(groups)) return 2;
    // It was started to go with the node, as all are.
    ::prctl(PR_SET_PDEATHSIG, 0);
    ::prctl(PR_SET_NAME, "mote node guard");
    ::signal(SIGTERM, SIG_IGN);  // whoever asks node and guard to end waits for the node
    ::signal(SIGINT, SIG_IGN);
    char nothing = 0;
    for (;;) {
        const auto got = ::read(STDIN_FILENO, &nothing, 1);
        if (got == 0 || (got < 0 && errno != EINTR)) break;
    }
    process::sweep_control_groups(groups);
    return 0;
}

}  // namespace mote::node
