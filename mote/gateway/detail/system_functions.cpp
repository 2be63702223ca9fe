#include <mote/functions/built_in.hpp>
#include <mote/functions/constraint.hpp>
#include <mote/functions/error.hpp>
#include <mote/functions/next_version.hpp>
#include <mote/functions/scale_settings.hpp>
#include <mote/gateway/detail/function_status.hpp>
#include <mote/gateway/detail/read_json.hpp>
#include <mote/gateway/detail/system_refusal.hpp>
#include <mote/gateway/detail/system_resources.hpp>
#include <mote/http/status.hpp>
#include <mote/json/encode.hpp>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

struct delete_request {
    std::string name{};
    std::optional<std::string> space{};
};
BOOST_DESCRIBE_STRUCT(delete_request, (), (name, space))

/// A gateway counts what it answered since its start, nodes what they ran since theirs: others' calls and queued ones, too.
function_status shown(const system_state& state, const functions::description& what,
                      const functions::function_state& seen) {
    const auto answered = state.parts.invocations ? state.parts.invocations(what.name()) : 0;
    return status_of(what, seen, std::max(answered, seen.calls));
}

function_details details(const system_state& state, const functions::description& what,
                         const functions::function_state& seen) {
    auto told = details_of(what, seen);
    if (state.parts.nodes.is_unplaceable(what.wanted)) told.trouble = functions::unplaceable_text(what.wanted);
    return told;
}

/// What somebody wants to deploy, with the namespace that it is for.
functions::deployment deployment_in(const system_request& request) {
    if (request.body.empty()) throw http::status_error(http::status::bad_request, "the body is empty: expected JSON");
    auto wanted = functions::read_deployment(request.body);
    wanted.space = space_of(request, wanted.space);
    return wanted;
}

functions::function_name name_of(const functions::deployment& wanted) {
    return functions::function_name::parse(wanted.service, *wanted.space);
}

/// The digest of what an image stands for now; empty for what is built in.
asio::awaitable<std::string> digest_of(system_state& state, std::string image) {
    functions::image_name asked;
    try {
        asked = functions::image_name::parse(image);
    } catch (const boost::system::system_error& failed) {
        throw http::status_error(http::status::bad_request, "image: " + functions::detail_of(failed));
    }
    if (functions::built_in(asked)) co_return std::string();
    const auto found = co_await state.parts.bundles.find(asked);
    if (found) co_return found->digest.text();
    const auto why = co_await state.parts.bundles.why_not_found(asked);
    throw http::status_error(http::status::bad_request, "image: " + why);
}

asio::awaitable<void> check_secrets(system_state& state, functions::deployment wanted) {
    if (!wanted.secrets || wanted.secrets->empty()) co_return;
    const auto there = co_await state.parts.secrets.list(*wanted.space);
    std::string missing;
    for (const auto& name : *wanted.secrets)
        if (std::find(there.begin(), there.end(), name) == there.end()) missing += (missing.empty() ? "" : ", ") + name;
    if (!missing.empty())
        throw http::status_error(http::status::bad_request, "secrets: not in namespace " + *wanted.space + ": " +
                                                                missing + "; make them first: mote secret create NAME");
}

/// Whether a variable has more than white space.
bool says(const functions::text_map& variables, const std::string& name) {
    const auto found = variables.find(name);
    return found != variables.end() && found->second.find_first_not_of(" \t\r\n\v\f") != std::string::npos;
}

/// What runs a command of the machine needs one, and there is no bundle that could say it.
void check_command(const functions::deployment& wanted) {
    const auto known = functions::built_in(functions::image_name::parse(wanted.image));
    if (!known || known->kind != functions::built_in_kind::machine_commands) return;
    auto variables = wanted.variables.value_or(functions::text_map());
    if (wanted.process && !wanted.process->empty()) variables["fprocess"] = *wanted.process;
    const auto mode = variables.find("mode");
    const bool needs_none = mode != variables.end() && mode->second.find("static") != std::string::npos;
    if (!needs_none && !says(variables, "fprocess") && !says(variables, "function_process"))
        throw http::status_error(http::status::bad_request,
                                 "envProcess: is missing: " + wanted.image + " runs the command that it says");
}

/// What another function of that name wrote, which was removed, is none of the new one's. Worth no refusal.
asio::awaitable<void> forget_log(system_state& state, functions::function_name name) {
    const auto there = co_await state.parts.store.get(name);
    if (there) co_return;
    try {
        co_await state.parts.logs.forget(name);
    } catch (const boost::system::system_error&) {
    }
}

/// As many as before, as far as the labels allow it.
std::uint32_t kept_replicas(std::uint32_t before, const functions::scale_settings& scale) {
    return before == 0 ? 0 : std::clamp(before, std::max(scale.min, 1U), scale.max);
}

/// Until the table of all functions has heard of a write, so that a call that comes next finds what was deployed. Bounded, as
/// the write is done in any case.
asio::awaitable<void> until_known(const system_state& state, kv::revision at) {
    constexpr std::chrono::milliseconds look_interval{2};
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (state.parts.functions.revision() < at && !state.stopped && std::chrono::steady_clock::now() < deadline) {
        pause.expires_after(look_interval);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

}  // namespace
}  // namespace mote::gateway::detail

template <>
struct mote::json::about<mote::gateway::detail::delete_request> {
    static constexpr mote::json::member_note members[] = {
        {.member = "name", .name = "functionName"},
        {.member = "space", .name = "namespace"},
    };
};

namespace mote::gateway::detail {

system_answer list_functions(system_state& state, system_request& request) {
    const auto space = space_of(request);
    const auto found = state.writes.functions_in(state.parts.functions, space);
    std::string text = "[";
    for (const auto* const one : found) {
        const auto seen = state.parts.nodes.of(one->what.name());
        if (text.size() > 1) text += ',';
        auto status = shown(state, one->what, seen);
        auto more = details(state, one->what, seen);
        if (more.trouble || more.paused) status.details = std::move(more);
        json::encode_to(text, status);
    }
    text += ']';
    if (found.empty() && space != functions::default_namespace) {
        if (state.parts.connection.status() != nats::connection_status::connected) co_return server_is_away();
        co_await existing_space(state, space);
    }
    co_return json_answer(http::status::ok, std::move(text));
}

system_answer show_function(system_state& state, system_request& request) {
    const auto name = function_of(request, request.name);
    // Of the store, not of the table: it may have been deployed a moment ago, through another gateway.
    const auto found = co_await state.parts.store.get(name);
    if (!found) throw http::status_error(http::status::not_found, "function not found: " + name.full());
    const auto seen = state.parts.nodes.of(name);
    auto status = shown(state, found->what, seen);
    const auto usage = value_of(request.query, "usage");
    if (usage == "1" || usage == "true") status.usage = usage_of(seen);
    status.details = details(state, found->what, seen);
    co_return json_answer(http::status::ok, json::encode(status));
}

system_answer deploy_function(system_state& state, system_request& request) {
    functions::description what;
    what.wanted = deployment_in(request);
    const auto name = name_of(what.wanted);
    request.object = name.full();
    co_await existing_space(state, name.space);
    what.digest = co_await digest_of(state, what.wanted.image);
    request.digest = what.digest;
    co_await check_secrets(state, what.wanted);
    check_command(what.wanted);
    what.replicas = functions::scale_settings::of(what).min;
    what.created = std::chrono::system_clock::now();
    co_await forget_log(state, name);
    const auto revision = co_await state.parts.store.create(what);
    functions::stored_function stored;
    stored.what = std::move(what);
    stored.revision = revision;
    state.writes.add(name, revision, std::move(stored));
    co_await until_known(state, revision);
    co_return text_answer(http::status::accepted, "deployed: " + name.full());
}

system_answer update_function(system_state& state, system_request& request) {
    const auto wanted = deployment_in(request);
    const auto name = name_of(wanted);
    request.object = name.full();
    // First of all: clients ask for an update to find out whether it has to be deployed.
    const auto before = co_await state.parts.store.get(name);
    if (!before) throw http::status_error(http::status::not_found, "function not found: " + name.full());
    const auto digest = co_await digest_of(state, wanted.image);
    request.digest = digest;
    co_await check_secrets(state, wanted);
    check_command(wanted);
    const std::size_t room = state.parts.connection.server().max_payload;
    const std::function<void(functions::description&)> edit = [&wanted, &digest, room](functions::description& what) {
        functions::make_next_version(what, wanted, digest, room);
        what.replicas = kept_replicas(what.replicas, functions::scale_settings::of(what));
    };
    auto stored = co_await state.parts.store.change(name, edit);
    const auto revision = stored.revision;
    state.writes.add(name, revision, std::move(stored));
    co_await until_known(state, revision);
    co_return text_answer(http::status::accepted, "updated: " + name.full());
}

system_answer delete_function(system_state& state, system_request& request) {
    const auto asked = read_json<delete_request>(request.body);
    if (asked.name.empty()) throw http::status_error(http::status::bad_request, "functionName: is missing");
    const auto name = function_of(request, asked.name, asked.space);
    request.object = name.full();
    const auto revision = co_await state.parts.store.remove(name);
    state.writes.add(name, revision, std::nullopt);
    co_await until_known(state, revision);
    co_return text_answer(http::status::accepted, "deleted: " + name.full());
}

}  // namespace mote::gateway::detail
