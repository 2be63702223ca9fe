#include <mote/nats/detail/info_json.hpp>

#include <mote/nats/error.hpp>

#include <boost/json.hpp>
#include <limits>

namespace mote::nats::detail {
namespace {

namespace json = boost::json;

void read(const json::object& object, std::string_view key, std::string& out) {
    const auto* value = object.if_contains(key);
    if (value != nullptr && value->is_string()) out = json::value_to<std::string>(*value);
}

void read(const json::object& object, std::string_view key, bool& out) {
    const auto* value = object.if_contains(key);
    if (value != nullptr && value->is_bool()) out = value->get_bool();
}

template <class Number>
void read_number(const json::object& object, std::string_view key, Number& out) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_number() || value->is_double()) return;
    boost::system::error_code ignored;
    const auto number = value->to_number<Number>(ignored);
    if (!ignored) out = number;
}

void add_if_set(json::object& object, std::string_view key, const std::string& value) {
    if (!value.empty()) object[key] = value;
}

}  // namespace

server_info parse_info(std::string_view text) {
    boost::system::error_code failed;
    const auto value = json::parse(text, failed);
    if (failed || !value.is_object()) throw_error(errc::protocol_error, "INFO is not a JSON object");
    const auto& object = value.get_object();
    server_info info;
    read(object, "server_id", info.server_id);
    read(object, "server_name", info.server_name);
    read(object, "version", info.version);
    read(object, "host", info.host);
    read(object, "cluster", info.cluster);
    read(object, "domain", info.domain);
    read(object, "remote_account", info.account);
    read(object, "acc_is_sys", info.system_account);
    read(object, "nonce", info.nonce);
    read(object, "client_ip", info.client_ip);
    read(object, "headers", info.headers);
    read(object, "jetstream", info.jetstream);
    read(object, "auth_required", info.auth_required);
    read(object, "tls_required", info.tls_required);
    read(object, "tls_available", info.tls_available);
    read(object, "ldm", info.lame_duck);
    read_number(object, "proto", info.protocol);
    read_number(object, "port", info.port);
    read_number(object, "client_id", info.client_id);
    read_number(object, "max_payload", info.max_payload);
    read_number(object, "api_lvl", info.api_level);
    if (const auto* urls = object.if_contains("connect_urls"); urls != nullptr && urls->is_array())
        for (const auto& url : urls->get_array())
            if (url.is_string()) info.connect_urls.push_back(json::value_to<std::string>(url));
    return info;
}

std::string connect_json(const options& opts, const credentials& login, const server_info& info, bool secured) {
    json::object object;
    object["verbose"] = false;
    object["pedantic"] = false;
    add_if_set(object, "jwt", login.jwt);
    add_if_set(object, "nkey", login.nkey);
    add_if_set(object, "sig", login.signature);
    add_if_set(object, "user", login.user);
    add_if_set(object, "pass", login.password);
    add_if_set(object, "auth_token", login.token);
    object["tls_required"] = secured;
    object["name"] = opts.name;
    object["lang"] = "c++";
    object["version"] = MOTE_VERSION;
    object["protocol"] = 1;
    object["echo"] = opts.echo;
    object["headers"] = info.headers;
    object["no_responders"] = info.headers;
    return json::serialize(object);
}

}  // namespace mote::nats::detail
