#include <mote/micro/work_order.hpp>

#include <mote/micro/service_error.hpp>
#include <mote/nats/headers.hpp>

#include <utility>

namespace mote::micro {
namespace {

/// The token at `position`, counted from 1; empty when there are not so many.
std::string_view token_of(std::string_view subject, std::size_t position) noexcept {
    for (; position > 1; --position) {
        const auto dot = subject.find('.');
        if (dot == std::string_view::npos) return {};
        subject.remove_prefix(dot + 1);
    }
    return subject.substr(0, subject.find('.'));
}

}  // namespace

work_order work_order::by_header(std::string name) {
    nats::headers().add(name, "");  // says what is wrong with it
    work_order made;
    made.header_ = std::move(name);
    return made;
}

work_order work_order::by_subject_token(std::size_t position) {
    if (position == 0) throw_error(errc::bad_subject, "the tokens of a subject are counted from 1");
    work_order made;
    made.token_ = position;
    return made;
}

std::string_view work_order::key_of(const nats::message_view& message) const {
    if (token_ != 0) return token_of(message.subject, token_);
    return message.headers.get(header_).value_or(std::string_view());
}

bool work_order::fits(std::string_view pattern) const noexcept {
    if (token_ == 0 || pattern == ">" || pattern.ends_with(".>")) return true;
    return !token_of(pattern, token_).empty();
}

std::string work_order::text() const {
    if (token_ != 0) return "token " + std::to_string(token_);
    return header_.empty() ? std::string() : "header " + header_;
}

}  // namespace mote::micro
