#include <mote/functions/error.hpp>
#include <mote/functions/scale_settings.hpp>
#include <mote/gateway/detail/read_json.hpp>
#include <mote/gateway/detail/system_refusal.hpp>
#include <mote/gateway/detail/system_resources.hpp>
#include <mote/http/status.hpp>
#include <mote/json/about.hpp>

#include <algorithm>
#include <boost/describe/class.hpp>

namespace mote::gateway::detail {
namespace {

struct scale_request {
    std::optional<std::string> service{};
    std::uint64_t replicas = 0;
    std::optional<std::string> space{};
};
BOOST_DESCRIBE_STRUCT(scale_request, (), (service, replicas, space))

/// The nearest number that the labels allow; none at all is always allowed.
std::uint32_t allowed_replicas(std::uint64_t asked, const functions::scale_settings& scale) {
    if (asked == 0) return 0;
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(asked, std::max(scale.min, 1U), scale.max));
}

system_answer set_paused(system_state& state, system_request& request, bool paused) {
    const auto name = function_of(request, request.name);
    request.object = name.full();
    const std::function<void(functions::description&)> edit = [paused](functions::description& what) {
        what.paused = paused;
    };
    auto stored = co_await state.parts.store.change(name, edit);
    const auto revision = stored.revision;
    state.writes.add(name, revision, std::move(stored));
    co_return text_answer(http::status::accepted, (paused ? "paused: " : "resumed: ") + name.full());
}

}  // namespace
}  // namespace mote::gateway::detail

template <>
struct mote::json::about<mote::gateway::detail::scale_request> {
    static constexpr mote::json::member_note members[] = {
        {.member = "service", .name = "serviceName"},
        {.member = "space", .name = "namespace"},
    };
};

namespace mote::gateway::detail {

system_answer scale_function(system_state& state, system_request& request) {
    const auto asked = read_json<scale_request>(request.body);
    const auto name = function_of(request, request.name, asked.space);
    request.object = name.full();
    if (asked.service && !asked.service->empty() && *asked.service != name.name && *asked.service != name.full())
        throw http::status_error(http::status::bad_request, "serviceName: is not the function of the path");
    const std::function<void(functions::description&)> edit = [&asked](functions::description& what) {
        what.replicas = allowed_replicas(asked.replicas, functions::scale_settings::of(what));
        what.raised_by.reset();
    };
    auto stored = co_await state.parts.store.change(name, edit);
    const auto revision = stored.revision;
    const auto replicas = stored.what.replicas;
    state.writes.add(name, revision, std::move(stored));
    co_return text_answer(http::status::accepted, "replicas of " + name.full() + ": " + std::to_string(replicas));
}

system_answer pause_function(system_state& state, system_request& request) { return set_paused(state, request, true); }
system_answer resume_function(system_state& state, system_request& request) {
    return set_paused(state, request, false);
}

}  // namespace mote::gateway::detail
