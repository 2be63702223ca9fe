#include <fuzz/target.hpp>

#include <mote/http/detail/request_body.hpp>
#include <mote/http/protocol/request_head.hpp>
#include <mote/http/protocol/response_head.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// First line: `l` at its front for small limits; then the sizes of the pieces, one a byte. Below it: what a peer sends on
/// one connection.
namespace mote::fuzz {
namespace {

using namespace http::protocol;
using http::detail::input_buffer;
using http::detail::request_body;

constexpr std::size_t longest_stream = 32768;  // bytes; it has to fit into one input_buffer

// What is allowed is said here a second time, so that a mistake in the server's tables shows.
bool is_name(std::string_view text) {
    constexpr std::string_view allowed =
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return !text.empty() && text.find_first_not_of(allowed) == text.npos;
}
bool is_value(std::string_view text) {
    const auto harmless = [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); };
    constexpr std::string_view blanks = " \t";
    return std::ranges::all_of(text, harmless) &&
           (text.empty() || (blanks.find(text.front()) == blanks.npos && blanks.find(text.back()) == blanks.npos));
}
bool is_visible(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

/// The values of all headers of that name, which is in lower case.
std::vector<std::string> values_of(const request_head& head, std::string_view name) {
    std::vector<std::string> found;
    for (const auto& field : head.headers) {
        std::string lowered(field.name);
        for (char& c : lowered)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        if (lowered == name) found.emplace_back(field.value);
    }
    return found;
}

/// As one text, to be compared.
std::string written(const request_head& head) {
    std::string text;
    for (const auto part : {head.method, head.target, head.path, head.query, head.host}) text.append(part).append("\n");
    for (const bool flag : {head.keep_alive, head.expects_continue, head.chunked}) text.append(flag ? "1" : "0");
    text.append(" 1." + std::to_string(head.minor_version));
    text.append(head.content_length ? " " + std::to_string(*head.content_length) : " -").append("\n");
    for (const auto& field : head.headers) text.append(field.name).append(": ").append(field.value).append("\n");
    return text;
}

void check_lines(std::string_view head) {
    require(head.ends_with("\r\n\r\n"), "a head that does not end in an empty line");
    require(head.find('\0') == head.npos, "a NUL in a head");
    for (std::size_t i = 0; i < head.size(); ++i) {
        require(head[i] != '\n' || (i != 0 && head[i - 1] == '\r'), "a bare line feed in a head");
        require(head[i] != '\r' || head[i + 1] == '\n', "a bare carriage return in a head");
    }
}

void check_framing(const request_head& head) {
    const auto lengths = values_of(head, "content-length");
    const auto codings = values_of(head, "transfer-encoding");
    const auto hosts = values_of(head, "host");
    require(lengths.size() + codings.size() <= 1, "a request whose end can be read in two ways");
    require(head.chunked == !codings.empty(), "chunked without saying so, or the reverse");
    require(head.content_length.has_value() == !lengths.empty(), "a length that nobody said, or one that is forgotten");
    if (head.chunked) {
        require(head.minor_version == 1, "HTTP/1.0 knows no chunks");
        require(codings[0].size() == 7, "another coding than chunked");
    }
    if (head.content_length) {
        require(lengths[0].find_first_not_of("0123456789") == std::string::npos, "a length with more than digits");
        require(std::stoull(lengths[0]) == *head.content_length, "another length");
    }
    require(hosts.size() <= 1, "two hosts");
    require(hosts.size() == 1 || head.minor_version == 0, "no host");
    require(head.host.find_first_of("/?#@ \t,") == head.host.npos, "a host that is more than one");
}

void check_target(const request_head& head) {
    require(is_visible(head.target), "a target that is none");
    require(head.path == "*" ? head.method == "OPTIONS" : head.path.starts_with('/'), "a path that is none");
    require(head.path.find('?') == head.path.npos, "a query in a path");
    std::string tail(head.path);
    if (!head.query.empty()) tail.append("?").append(head.query);
    const bool invented = head.path == "/" && !head.target.starts_with('/');  // http://host means the path `/`
    require(invented || head.target.ends_with(tail) || head.target == tail + "?", "a path that is not in the target");
}

/// Checks a head that was accepted.
void check_head(std::string_view bytes, const request_head& head, const head_limits& limits) {
    check_lines(bytes);
    require(is_name(head.method) && head.method != "CONNECT", "a method that is none");
    require(head.target.size() <= limits.target && head.headers.size() <= limits.headers, "a limit is not kept");
    check_target(head);
    check_framing(head);
    auto again = std::string(head.method) + " " + std::string(head.target) + " HTTP/1." +
                 std::to_string(head.minor_version) + "\r\n";
    for (const auto& field : head.headers) {
        require(is_name(field.name), "a name that is none");
        require(is_value(field.value), "a value that is none");
        again.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    again.append("\r\n");
    request_head second;
    require(!parse_request_head(again, limits, second), "a head that was accepted is refused when written again");
    require(written(second) == written(head), "another head is read than was written");
}

/// Takes a line without its CRLF.
std::optional<std::string_view> line_of(std::string_view& rest) {
    const auto end = rest.find("\r\n");
    if (end == rest.npos) return std::nullopt;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

/// A chunked body by RFC 9112, 7.1, in the plainest way: nothing when it is not well-formed or something follows it.
std::optional<std::string> chunks_of(std::string_view raw) {
    std::string body;
    for (;;) {
        const auto line = line_of(raw);
        if (!line) return std::nullopt;
        const auto digits = line->substr(0, line->find(';'));
        std::uint64_t size = 0;
        const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
        if (digits.empty() || failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
        if (line->find_first_of(std::string_view("\0\r\n", 3)) != line->npos) return std::nullopt;
        if (size == 0) break;
        if (raw.size() < 2 || raw.size() - 2 < size || raw.substr(size, 2) != "\r\n") return std::nullopt;
        body.append(raw.substr(0, size));
        raw.remove_prefix(size + 2);
    }
    for (;;) {
        const auto line = line_of(raw);
        if (!line) return std::nullopt;
        if (line->empty()) break;
        if (!is_name(line->substr(0, line->find(':'))) || line->find(':') == line->npos) return std::nullopt;
        if (line->find_first_of(std::string_view("\0\r\n", 3)) != line->npos) return std::nullopt;
    }
    if (!raw.empty()) return std::nullopt;
    return body;
}

/// What a connection's bytes come to.
struct reading {
    std::vector<std::string> requests{};  // head and body of each
    std::string unfinished{};             // of the last: bytes of its head, or what came of its body
    int status = 0;                       // of the refusal that ends the connection
    std::string why{};

    bool operator==(const reading&) const = default;
};

/// Reads as a server's connection does. A lazy one keeps each piece of a body until more bytes have come.
class connection_reader {
public:
    connection_reader(const head_limits& limits, bool lazy) : limits_(limits), lazy_(lazy) {}

    void take(std::string_view bytes) {
        while (!bytes.empty() && found_.status == 0) {
            const auto space = body_.holding() ? input_.tail() : input_.room(input_buffer::largest);
            if (space.empty()) {
                require(body_.holding(), "no room for bytes that fit");
                step();
                continue;
            }
            const auto size = std::min(space.size(), bytes.size());
            std::memcpy(space.data(), bytes.data(), size);
            input_.commit(size);
            came_.append(bytes.substr(0, size));
            bytes.remove_prefix(size);
            require(body_.piece() == held_, "a piece changes while it is held");
            if (lazy_)
                step();
            else
                advance();
        }
    }
    reading finish() {
        advance();
        found_.unfinished = in_body_ ? body_text_ : std::string(input_.bytes());
        return std::move(found_);
    }

private:
    void advance() {
        while (step()) continue;
    }
    /// True when there may be more to do.
    bool step() {
        if (found_.status != 0) return false;
        return in_body_ ? read_body() : read_head();
    }

    bool refuse(int status, std::string_view why) {
        found_.status = status;
        found_.why = why;
        require(status >= 400 && status <= 599 && !why.empty(), "a refusal that does not say why");
        input_.clear();
        in_body_ = false;
        return false;
    }

    bool read_head() {
        const auto result = scanner_.scan(input_.bytes());
        if (result == head_scanner::result::more) return false;
        if (result == head_scanner::result::bare_line_feed) return refuse(400, "a bare line feed");
        head_ = scanner_.head(input_.bytes());
        input_.consume(scanner_.size());
        scanner_.reset();
        if (const auto wrong = parse_request_head(head_, limits_, request_)) return refuse(wrong.status, wrong.why);
        check_head(head_, request_, limits_);
        body_.begin(request_);
        body_begin_ = came_.size() - input_.size();
        body_text_.clear();
        in_body_ = true;
        const auto most = request_.content_length.value_or(0);
        require(body_.whole() == (!request_.chunked && most <= input_.size()), "a body is whole when it is not");
        return true;
    }

    bool read_body() {
        held_.clear();
        switch (body_.next()) {
            case request_body::result::more: return false;
            case request_body::result::bad: return refuse(400, body_.why());
            case request_body::result::data:
                require(!body_.piece().empty(), "an empty piece, which would say that the body has ended");
                held_ = body_.piece();
                body_text_.append(held_);
                return true;
            case request_body::result::end: break;
        }
        check_body(std::string_view(came_).substr(body_begin_, came_.size() - input_.size() - body_begin_));
        found_.requests.push_back(written(request_) + "\n" + body_text_);
        in_body_ = false;
        return true;
    }

    void check_body(std::string_view raw) const {
        require(body_.ended() && body_.ends_within(0), "a body that has ended and has not");
        if (!request_.chunked) {
            require(raw == body_text_, "another body than was sent");
            require(raw.size() == request_.content_length.value_or(0), "a body of another length");
            return;
        }
        require(chunks_of(raw) == body_text_, "chunks are read in another way");
        std::string again;
        if (!body_text_.empty()) append_chunk(again, body_text_);
        append_last_chunk(again);
        require(chunks_of(again) == body_text_, "chunks are written that are read in another way");
    }

    head_limits limits_;
    bool lazy_;
    input_buffer input_;
    head_scanner scanner_;
    std::string head_;
    request_head request_;
    request_body body_{input_};
    bool in_body_ = false;
    std::string came_;
    std::size_t body_begin_ = 0;  // in came_
    std::string body_text_;
    std::string held_;
    reading found_;
};

/// `sizes`: a byte is the size of a piece less one. Without any all come one by one.
reading in_pieces(connection_reader reader, std::string_view stream, std::string_view sizes) {
    for (std::size_t turn = 0; !stream.empty(); ++turn) {
        const std::size_t size =
            sizes.empty() ? 1 : static_cast<unsigned char>(sizes[turn % sizes.size()]) + std::size_t{1};
        reader.take(stream.substr(0, size));
        stream.remove_prefix(std::min(size, stream.size()));
    }
    return reader.finish();
}

}  // namespace

int http_request(const std::uint8_t* data, std::size_t size) {
    auto stream = text_of(data, size);
    auto sizes = take_line(stream);
    head_limits limits;
    if (sizes.starts_with('l')) {
        limits = {16, 3};
        sizes.remove_prefix(1);
    }
    stream = stream.substr(0, longest_stream);

    connection_reader at_once(limits, false);
    at_once.take(stream);
    const auto whole = at_once.finish();
    for (const bool lazy : {false, true}) {
        require(in_pieces(connection_reader(limits, lazy), stream, {}) == whole, "another reading byte by byte");
        require(in_pieces(connection_reader(limits, lazy), stream, sizes) == whole, "another reading in pieces");
    }
    return 0;
}

}  // namespace mote::fuzz
