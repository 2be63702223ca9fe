#include <mote/functions/error.hpp>
#include <mote/functions/scale_settings.hpp>
#include <mote/gateway/detail/read_json.hpp>
#include <mote/gateway/detail/system_refusal.hpp>
#include <mote/gateway/detail/system_resources.hpp>
#include <mote/http/status.hpp>

#include <algorithm>
#include <boost/describe/class.hpp>
#include <vector>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_alerts = 1000;

// What Alertmanager sends, as far as it counts.
struct alert_labels {
    std::optional<std::string> function_name{};
};
BOOST_DESCRIBE_STRUCT(alert_labels, (), (function_name))

struct one_alert {
    std::optional<std::string> status{};  ///< else that of all of them
    alert_labels labels{};
};
BOOST_DESCRIBE_STRUCT(one_alert, (), (status, labels))

struct alert_message {
    std::optional<std::string> status{};
    std::vector<one_alert> alerts{};
};
BOOST_DESCRIBE_STRUCT(alert_message, (), (status, alerts))

/// More while an alert fires, else the least. One that is paused, or that is not to follow alerts, stays as it is.
std::uint32_t replicas_after(bool firing, const functions::description& what) {
    const auto scale = functions::scale_settings::of(what);
    if (what.paused || scale.factor == 0) return what.replicas;
    if (!firing) return what.replicas == 0 ? 0 : scale.min;
    constexpr std::uint32_t percent = 100;
    const auto step = (scale.max * scale.factor + percent - 1) / percent;
    return std::min(what.replicas + step, scale.max);
}

asio::awaitable<void> follow(system_state& state, functions::function_name name, bool firing) {
    const auto found = co_await state.parts.store.get(name);
    if (!found) functions::throw_error(functions::errc::function_not_found, name.full());
    if (replicas_after(firing, found->what) == found->what.replicas) co_return;
    const std::function<void(functions::description&)> edit = [firing](functions::description& what) {
        what.replicas = replicas_after(firing, what);
    };
    auto stored = co_await state.parts.store.change(name, edit);
    const auto revision = stored.revision;
    state.writes.add(name, revision, std::move(stored));
}

/// What became of one alert, and the function that it was about, by its full name where it has one.
struct followed_alert {
    std::string object{};
    http::response answer{};
};

asio::awaitable<followed_alert> follow_one(system_state& state, const system_request& request, one_alert alert,
                                           std::string status) {
    followed_alert became;
    became.object = alert.labels.function_name.value_or("");
    try {
        const auto text = alert.labels.function_name.value_or("");
        if (text.empty()) throw http::status_error(http::status::bad_request, "labels.function_name is missing");
        const auto name = function_of(request, text);
        became.object = name.full();
        co_await follow(state, name, status == "firing");
        became.answer.status = http::status::ok;
    } catch (const http::status_error& failed) {
        became.answer = text_answer(failed.status(), failed.what());
    } catch (const boost::system::system_error& failed) {
        became.answer = refusal_of(failed);
    }
    co_return became;
}

}  // namespace

system_answer take_alert(system_state& state, system_request& request) {
    const auto message = read_json<alert_message>(request.body);
    if (message.alerts.size() > most_alerts)
        throw http::status_error(http::status::bad_request, "alerts: more than 1000");
    request.audited = true;
    std::string failures;
    for (std::size_t i = 0; i < message.alerts.size(); ++i) {
        const auto& alert = message.alerts[i];
        const auto status = alert.status ? *alert.status : message.status.value_or("");
        const auto became = co_await follow_one(state, request, alert, status);
        const auto& answer = became.answer;
        state.audit(request, audit_action::function_scale, became.object, answer.status);
        if (answer.status != http::status::ok) failures += "[" + std::to_string(i) + "] " + answer.body;
    }
    if (!failures.empty()) {
        failures.pop_back();  // the last line's end
        co_return text_answer(http::status::internal_server_error, failures);
    }
    http::response done;
    done.status = http::status::ok;
    co_return done;
}

}  // namespace mote::gateway::detail
