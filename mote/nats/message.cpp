#include <mote/nats/message.hpp>

#include <cstring>

namespace mote::nats {

message::message(const message_view& view) {
    const auto headers = view.headers.raw();
    const auto size = view.subject.size() + view.reply.size() + headers.size() + view.payload.size();
    if (size == 0) return;
    bytes_.reset(new char[size]);  // not make_unique: that would zero the bytes first
    char* end = bytes_.get();
    const auto keep = [&end](std::string_view part) {
        if (part.empty()) return std::string_view{};
        std::memcpy(end, part.data(), part.size());
        end += part.size();
        return std::string_view(end - part.size(), part.size());
    };
    view_.subject = keep(view.subject);
    view_.reply = keep(view.reply);
    view_.headers = headers_view(keep(headers));
    view_.payload = keep(view.payload);
}

}  // namespace mote::nats
