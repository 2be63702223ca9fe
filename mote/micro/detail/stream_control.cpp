#include <mote/micro/detail/stream_control.hpp>

#include <mote/micro/detail/stream_sender.hpp>
#include <mote/micro/detail/stream_wire.hpp>

#include <utility>

namespace mote::micro::detail {
namespace {

/// Destroyed with the handler of a subscription that has ended, for whatever reason.
template <class Function>
class at_the_end {
public:
    explicit at_the_end(Function function) : function_(std::move(function)) {}
    at_the_end(const at_the_end&) = delete;
    at_the_end& operator=(const at_the_end&) = delete;
    ~at_the_end() { function_(); }

private:
    Function function_;
};

}  // namespace

std::shared_ptr<stream_control> stream_control::open(const nats::connection& connection) {
    const auto control = std::make_shared<stream_control>();
    control->prefix_ = connection.new_inbox() + ".";
    const auto told = [weak = std::weak_ptr(control)] {
        if (const auto self = weak.lock()) self->on_end();
    };
    const auto end = std::make_shared<at_the_end<decltype(told)>>(told);
    control->orders_ = connection.subscribe(control->prefix_ + "*",
                                            [weak = std::weak_ptr(control), end](const nats::message_view& message) {
                                                if (const auto self = weak.lock()) self->on_message(message);
                                            });
    return control;
}

std::string stream_control::add(const std::shared_ptr<stream_sender>& stream) {
    auto subject = prefix_ + std::to_string(++last_);
    streams_.emplace(subject, stream);
    return subject;
}

void stream_control::remove(const std::string& subject) noexcept { streams_.erase(subject); }

void stream_control::on_message(const nats::message_view& message) {
    const auto order = parse_order(message.payload);
    const auto found = streams_.find(std::string(message.subject));
    if (!order || found == streams_.end()) return;
    const auto stream = found->second.lock();
    if (stream == nullptr) return;
    if (order->cancel) return stream->stop(stream_sender::ending::cancelled);
    stream->grant(order->more);
}

void stream_control::on_end() noexcept {
    for (const auto& [subject, weak] : std::exchange(streams_, {}))
        if (const auto stream = weak.lock()) stream->stop(stream_sender::ending::given_up);
}

}  // namespace mote::micro::detail
