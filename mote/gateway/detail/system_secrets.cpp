#include <mote/functions/error.hpp>
#include <mote/functions/sealing.hpp>
#include <mote/gateway/detail/read_json.hpp>
#include <mote/gateway/detail/secret_space.hpp>
#include <mote/gateway/detail/system_refusal.hpp>
#include <mote/gateway/detail/system_resources.hpp>
#include <mote/http/status.hpp>
#include <mote/json/about.hpp>
#include <mote/json/encode.hpp>
#include <mote/nats/base64.hpp>

#include <boost/describe/class.hpp>
#include <vector>

namespace mote::gateway::detail {
namespace {

struct secret_request {
    std::string name{};
    std::optional<std::string> space{};
    std::optional<std::string> value{};
    std::optional<std::string> raw_value{};  ///< base64; counts before the other
};
BOOST_DESCRIBE_STRUCT(secret_request, (), (name, space, value, raw_value))

struct listed_secret {
    std::string name{};
    std::string space{};
};
BOOST_DESCRIBE_STRUCT(listed_secret, (), (name, space))

functions::secret_name name_of(const secret_request& asked, system_request& request) {
    const auto space = space_of(request, asked.space);
    if (!functions::is_secret_name(asked.name))
        throw http::status_error(http::status::bad_request,
                                 "name: not the name of a secret: at most 63 of a to z, 0 to 9, -, _ and "
                                 ".");
    const auto name = functions::secret_name::parse(asked.name, space);
    request.object = name.name + '.' + name.space;
    return name;
}

/// The bytes that were sent, taken out of the request.
std::string take_value(secret_request& asked) {
    if (asked.raw_value && !asked.raw_value->empty()) {
        auto bytes = nats::decode_base64(*asked.raw_value);
        functions::wipe(*asked.raw_value);
        if (!bytes) throw http::status_error(http::status::bad_request, "rawValue: not base64");
        return std::move(*bytes);
    }
    if (!asked.value && !asked.raw_value) throw http::status_error(http::status::bad_request, "value: is missing");
    return asked.value ? std::move(*asked.value) : std::string();
}

}  // namespace
}  // namespace mote::gateway::detail

template <>
struct mote::json::about<mote::gateway::detail::secret_request> {
    static constexpr mote::json::member_note members[] = {
        {.member = "space", .name = "namespace"},
        {.member = "raw_value", .name = "rawValue"},
    };
};

template <>
struct mote::json::about<mote::gateway::detail::listed_secret> {
    static constexpr mote::json::member_note members[] = {{.member = "space", .name = "namespace"}};
};

namespace mote::gateway::detail {

system_answer list_secrets(system_state& state, system_request& request) {
    const auto space = space_of(request);
    const auto names = co_await state.parts.secrets.list(space);
    if (names.empty()) co_await existing_space(state, space);
    std::vector<listed_secret> listed;
    for (const auto& name : names) {
        auto& one = listed.emplace_back();
        one.name = name;
        one.space = space;
    }
    co_return json_answer(http::status::ok, json::encode(listed));
}

system_answer create_secret(system_state& state, system_request& request) {
    auto asked = read_json<secret_request>(request.body);
    functions::wipe(request.body);
    const auto name = name_of(asked, request);
    auto value = take_value(asked);
    co_await existing_space(state, name.space);
    co_await state.parts.secrets.create(name, std::move(value));
    co_await check_space_of(state.parts.store, state.parts.secrets, name);
    co_return text_answer(http::status::created, "created: " + request.object);
}

system_answer update_secret(system_state& state, system_request& request) {
    auto asked = read_json<secret_request>(request.body);
    functions::wipe(request.body);
    const auto name = name_of(asked, request);
    auto value = take_value(asked);
    co_await state.parts.secrets.update(name, std::move(value));
    co_return text_answer(http::status::ok, "updated: " + request.object);
}

system_answer delete_secret(system_state& state, system_request& request) {
    const auto asked = read_json<secret_request>(request.body);
    const auto name = name_of(asked, request);
    co_await state.parts.secrets.remove(name);
    co_return text_answer(http::status::accepted, "deleted: " + request.object);
}

}  // namespace mote::gateway::detail
