#include <mote/node/detail/cgi_environment.hpp>

#include <mote/http/percent.hpp>
#include <mote/node/error.hpp>

#include <algorithm>

namespace mote::node::detail {
namespace {

constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// `Http_X_Call_Id` of `x-call-id`; empty for a name that cannot be one of a variable.
std::string variable_of(std::string_view header) {
    if (header.empty()) return {};
    std::string name = "Http_";
    bool begins = true;
    for (char c : header) {
        if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_') return {};
        if (is_letter(c)) c = static_cast<char>(begins ? c & ~0x20 : c | 0x20);
        begins = c == '-';
        name += begins ? '_' : c;
    }
    return name;
}

class environment_builder {
public:
    explicit environment_builder(std::size_t limit) : left_(limit) {}

    /// The first of a name stays.
    void add(std::string name, std::string_view value) {
        if (std::any_of(list_.begin(), list_.end(), [&](const auto& there) { return there.first == name; })) return;
        if (value.find('\0') != std::string_view::npos) throw_error(errc::bad_request, name + " holds a NUL");
        const auto size = name.size() + value.size();
        if (size > left_)
            throw_error(errc::headers_too_large, name + " is more than the environment of a process takes");
        left_ -= size;
        list_.emplace_back(std::move(name), value);
    }
    environment_list take() { return std::move(list_); }

private:
    std::size_t left_;
    environment_list list_{};
};

/// Those that only the request itself sets. `Http_Proxy` is read by programs as where to send their own requests.
bool is_reserved(std::string_view name) noexcept {
    constexpr std::string_view reserved[] = {
        "Http_Method",         "Http_Path",          "Http_Query", "Http_Host",
        "Http_Content_Length", "Http_Contentlength", "Http_Proxy", "Http_Transfer_Encoding"};
    return std::find(std::begin(reserved), std::end(reserved), name) != std::end(reserved);
}

}  // namespace

environment_list cgi_environment(const cgi_request& asked, cgi_names names, std::size_t limit) {
    environment_builder into(limit);
    into.add("Http_Method", asked.method);
    const auto path = http::percent_decoded(asked.path);
    if (!path) throw_error(errc::bad_request, "Http_Path: an escape of the path is broken");
    into.add("Http_Path", path->empty() ? "/" : *path);
    if (!asked.query.empty()) into.add("Http_Query", asked.query);
    if (!asked.content_length) into.add("Http_Transfer_Encoding", "chunked");
    const auto length = asked.content_length ? std::to_string(*asked.content_length) : "-1";
    if (names == cgi_names::classic) {
        into.add("Http_ContentLength", length);
        into.add("Http_Content_Length", length);
        into.add("Http_Host", asked.host);
    } else if (asked.content_length) {
        into.add("Http_Content_Length", length);
    }
    for (const auto& header : asked.headers) {
        auto name = variable_of(header.name);
        if (!name.empty() && !is_reserved(name)) into.add(std::move(name), header.value);
    }
    return into.take();
}

}  // namespace mote::node::detail
