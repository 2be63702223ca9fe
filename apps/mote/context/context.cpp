#include <apps/mote/context/context_actions.hpp>

#include <apps/mote/suggestion.hpp>
#include <apps/mote/text.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>

namespace mote::command {

failure no_context_called(const std::string& name) {
    const auto names = nats::detail::context_names();
    const std::string what = "no context \"" + name + "\"; ";
    if (names.empty()) return {exit_code::usage, what + "there is none at all: `nats context add NAME` makes one"};
    const auto near = nearest(name, names);
    return {exit_code::usage,
            what + (near.empty() ? "there is: " + listed(names) : "did you mean " + listed(near) + "?")};
}

nats::detail::context_file open_context(const std::string& name_or_path) {
    std::string wanted = name_or_path;
    if (wanted.empty()) {
        const auto selected = nats::detail::selected_context();
        if (!selected)
            throw failure(exit_code::usage,
                          "no context is selected; name one, or choose one with `mote context select NAME`");
        wanted = *selected;
    }
    const auto names = nats::detail::context_names();
    if (!wanted.ends_with(".json") && std::ranges::find(names, wanted) == names.end()) throw no_context_called(wanted);
    try {
        return nats::detail::load_context(wanted);
    } catch (const boost::system::system_error& error) {
        throw failure(exit_code::usage, plain_reason(error.what()));
    }
}

exit_code run(const context_command& chosen) {
    try {
        switch (chosen.action) {
            case context_action::list: return list_contexts(chosen);
            case context_action::select: return select_context(chosen);
            case context_action::show: return show_context(chosen);
            case context_action::test: return test_context(chosen);
        }
    } catch (...) {
        return explain(std::current_exception());
    }
    return exit_code::error;
}

}  // namespace mote::command
