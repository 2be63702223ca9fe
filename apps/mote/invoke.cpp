#include <apps/mote/gateway_client.hpp>
#include <apps/mote/input.hpp>
#include <apps/mote/output.hpp>

#include <mote/http/message.hpp>
#include <mote/http/status.hpp>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr int first_error = 400;

asio::awaitable<std::string> data_of(invoke_command chosen) {
    const bool from_input = chosen.data ? *chosen.data == "-" : is_input_fed();
    if (from_input) co_return co_await whole_input();
    co_return chosen.data.value_or("");
}

std::string target_of(const invoke_command& chosen) {
    std::string target = (chosen.later ? "/async-function/" : "/function/") + path_segment(shown_name(chosen));
    if (!chosen.path.empty()) target += (chosen.path.starts_with('/') ? "" : "/") + chosen.path;
    char before = '?';
    for (const auto& [name, value] : chosen.query) {
        target.append(1, before).append(path_segment(name)).append("=").append(path_segment(value));
        before = '&';
    }
    return target;
}

/// What the function sent for an error: to standard output where it is the function's.
void show(const http::response& answer) {
    write_out(answer.body);
    if (!answer.body.empty() && !answer.body.ends_with('\n')) write_out("\n");
}

asio::awaitable<exit_code> call(invoke_command chosen, gateway_client* gateway) {
    auto asked = gateway->request(chosen.later ? "POST" : chosen.method, target_of(chosen));
    if (!chosen.with_login) asked.headers.clear();  // a function is not to see it
    for (auto& header : chosen.headers) asked.headers.push_back(header);
    asked.body = co_await data_of(chosen);
    const std::string name = shown_name(chosen);
    const auto answer =
        co_await gateway->send(std::move(asked), "it may be its exec_timeout; `mote logs " + name + "` may say why");
    const bool took_too_long =
        answer.status == http::status::gateway_timeout || answer.status == http::status::request_timeout;
    if (answer.status == http::status::not_found || took_too_long) throw gateway_client::refusal(name, answer);
    if (answer.status >= first_error) {
        show(answer);
        throw failure(exit_code::service_error,
                      name + ": answered " + std::to_string(answer.status) + "; `mote logs " + name + "` may say why");
    }
    if (!chosen.later) {
        show(answer);
        co_return exit_code::ok;
    }
    const std::string id(answer.header("X-Call-Id").value_or(""));
    write_out(id + "\n");
    write_err("Queued. What became of it: mote call " + id + "\n");
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const invoke_command& chosen) { return run_with_gateway(chosen, call); }

}  // namespace mote::command
