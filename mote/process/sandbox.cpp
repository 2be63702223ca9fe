#include <mote/process/sandbox.hpp>

#include <mote/process/detail/bubblewrap.hpp>
#include <mote/process/error.hpp>

#include <utility>

namespace mote::process {

const sandbox_support& sandbox_available() { return detail::bubblewrap::of_this_machine().support; }

command in_sandbox(command what, const sandbox& box) {
    const auto& here = detail::bubblewrap::of_this_machine();
    if (!here.support.works) throw_error(errc::no_sandbox, here.support.text);
    return here.wrap(std::move(what), box);
}

}  // namespace mote::process
