#include <mote/gateway/detail/upload_service.hpp>

#include <mote/http/status.hpp>
#include <mote/micro/answer_stream.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/nuid.hpp>

#include <algorithm>
#include <utility>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_at_once = 65'536;

micro::service_config described(std::string version) {
    micro::service_config config;
    config.name = "mote-gateway";
    config.version = std::move(version);
    config.description = "turns HTTP into NATS and back";
    return config;
}

}  // namespace

upload_service::upload_service(const nats::connection& connection, std::string version,
                               std::chrono::nanoseconds patience)
    : connection_(connection),
      prefix_("mote.body." + nats::next_nuid() + '.'),
      service_(described(std::move(version))) {
    micro::endpoint_options opts;
    opts.subject = prefix_ + "*";
    opts.max_in_flight = most_at_once;
    opts.reader_timeout = patience;
    service_.endpoint("body", [this](micro::request asked) { return send(std::move(asked)); }, opts);
}

asio::awaitable<void> upload_service::start() { return service_.start(connection_); }
asio::awaitable<void> upload_service::stop(std::chrono::nanoseconds patience) { return service_.stop(patience); }

asio::awaitable<void> upload_service::send(micro::request asked) {
    const std::string_view subject = asked.subject();
    const auto found = offered_.find(subject.substr(std::min(prefix_.size(), subject.size())));
    if (found == offered_.end() || !found->second->take())
        throw micro::service_error(http::status::not_found, "there is no such body, or it was read before");
    auto pieces = upload::pieces(found->second);
    co_await micro::answer_stream(std::move(asked), std::move(pieces));
}

upload_service::offer::offer(upload_service& by, std::shared_ptr<upload> what)
    : by_(by), token_(nats::next_nuid()), subject_(by.prefix_ + token_) {
    by_.offered_.emplace(token_, std::move(what));
}

upload_service::offer::~offer() { by_.offered_.erase(token_); }

}  // namespace mote::gateway::detail
