#include <apps/mote/gateway_client.hpp>
#include <apps/mote/input.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

std::string file_text(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file.is_open() || file.bad())
        throw failure(exit_code::error, name + ": cannot be read: " + std::strerror(errno) + "; name another file");
    return text;
}

std::string trimmed(const std::string& text) {
    constexpr const char* blanks = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(blanks);
    return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

asio::awaitable<std::string> value_of(secret_command chosen) {
    std::string value;
    if (chosen.file.empty()) {
        if (::isatty(STDIN_FILENO) == 1) write_err("The value, and Ctrl-D twice:\n");
        value = co_await whole_input();
    } else {
        value = file_text(chosen.file);
    }
    if (chosen.trim) value = trimmed(value);
    if (value.empty()) throw failure(exit_code::usage, "the value is empty; pipe it in, or name a --from-file");
    co_return value;
}

std::string table_of(const boost::json::value& secrets) {
    table shown({{.title = "Name"}, {.title = "Namespace"}});
    if (const auto* const names = secrets.if_array())
        for (const boost::json::value& each : *names) shown.add({text_of(each, "name"), text_of(each, "namespace")});
    return shown.render(look_at(STDOUT_FILENO, color_mode::automatic));
}

asio::awaitable<exit_code> list_secrets(secret_command chosen, gateway_client* gateway) {
    auto asked = gateway->request("GET", "/system/secrets" + space_query(chosen.space));
    const auto answer = co_await gateway->ask(std::move(asked), "secrets");
    const auto value = json_of(answer);
    write_out(table_of(value));
    co_return exit_code::ok;
}

asio::awaitable<exit_code> change(secret_command chosen, gateway_client* gateway) {
    boost::json::object body;
    body["name"] = chosen.name;
    if (!chosen.space.empty()) body["namespace"] = chosen.space;
    const bool has_value = chosen.action != secret_action::remove;
    if (has_value) {
        const std::string value = co_await value_of(chosen);
        body["rawValue"] = base64(value);
    }
    const std::string method = chosen.action == secret_action::create   ? "POST"
                               : chosen.action == secret_action::update ? "PUT"
                                                                        : "DELETE";
    auto asked = gateway->request(method, "/system/secrets");
    asked.headers.emplace_back("Content-Type", "application/json");
    asked.body = boost::json::serialize(body);
    const std::string lister = "mote secret ls" + (chosen.space.empty() ? "" : " -n " + chosen.space);
    co_await gateway->ask(std::move(asked), "secret " + shown_name(chosen), lister);
    const std::string done = chosen.action == secret_action::create   ? "Created"
                             : chosen.action == secret_action::update ? "Updated"
                                                                      : "Removed";
    write_err(done + " secret " + shown_name(chosen) + ".\n");
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const secret_command& chosen) {
    return run_with_gateway(chosen, chosen.action == secret_action::list ? list_secrets : change);
}

}  // namespace mote::command
