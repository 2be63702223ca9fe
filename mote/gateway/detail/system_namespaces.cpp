#include <mote/functions/error.hpp>
#include <mote/gateway/detail/read_json.hpp>
#include <mote/gateway/detail/secret_space.hpp>
#include <mote/gateway/detail/system_refusal.hpp>
#include <mote/gateway/detail/system_resources.hpp>
#include <mote/http/status.hpp>
#include <mote/json/encode.hpp>

#include <boost/describe/class.hpp>

namespace mote::gateway::detail {
namespace {

struct namespace_request {
    std::optional<std::string> name{};
    std::optional<functions::text_map> annotations{};
    std::optional<functions::text_map> labels{};
};
BOOST_DESCRIBE_STRUCT(namespace_request, (), (name, annotations, labels))

/// The name in the path, or in the body where the path has none.
std::string checked_name(const system_request& request, const std::string& in_body = {}) {
    const auto& name = request.name.empty() ? in_body : request.name;
    if (name.empty()) throw http::status_error(http::status::bad_request, "name: is missing");
    if (!functions::is_function_name(name))
        throw http::status_error(http::status::bad_request,
                                 "name: not the name of a namespace: at most 63 of a to z, 0 to 9 and -, "
                                 "with a letter or digit at both ends");
    if (!in_body.empty() && in_body != name)
        throw http::status_error(http::status::bad_request, "name: is not that of the path");
    return name;
}

functions::function_namespace wanted_of(system_request& request) {
    namespace_request asked;
    if (!request.body.empty() || request.name.empty()) asked = read_json<namespace_request>(request.body);
    functions::function_namespace wanted;
    wanted.name = checked_name(request, asked.name.value_or(""));
    wanted.annotations = std::move(asked.annotations);
    wanted.labels = std::move(asked.labels);
    request.object = wanted.name;
    return wanted;
}

void refuse_default(const std::string& name) {
    if (name == functions::default_namespace)
        throw http::status_error(http::status::bad_request, name + " is the default namespace, which stays as it is");
}

}  // namespace

system_answer list_namespaces(system_state& state, system_request&) {
    const auto names = co_await state.parts.store.namespace_names();
    co_return json_answer(http::status::ok, json::encode(names));
}

system_answer show_namespace(system_state& state, system_request& request) {
    const auto name = checked_name(request);
    const auto found = co_await state.parts.store.find_namespace(name);
    if (!found) throw http::status_error(http::status::not_found, "namespace not found: " + name);
    co_return json_answer(http::status::ok, json::encode(*found));
}

system_answer create_namespace(system_state& state, system_request& request) {
    const auto wanted = wanted_of(request);
    co_await state.parts.store.create_namespace(wanted);
    co_return text_answer(http::status::created, "created: " + wanted.name);
}

system_answer update_namespace(system_state& state, system_request& request) {
    const auto wanted = wanted_of(request);
    refuse_default(wanted.name);
    co_await state.parts.store.update_namespace(wanted);
    co_return text_answer(http::status::accepted, "updated: " + wanted.name);
}

system_answer delete_namespace(system_state& state, system_request& request) {
    const auto name = checked_name(request);
    request.object = name;
    refuse_default(name);
    const auto& store = state.parts.store;
    auto found = co_await store.find_namespace(name);
    // Who makes a namespace of this name later must not get them.
    co_await check_no_secrets(state.parts.secrets, name);
    co_await store.remove_namespace(name);
    if (found) co_await check_still_no_secrets(store, state.parts.secrets, std::move(*found));
    co_return text_answer(http::status::accepted, "deleted: " + name);
}

}  // namespace mote::gateway::detail
