#include <fuzz/target.hpp>

#include <mote/nats/error.hpp>
#include <mote/nats/headers.hpp>
#include <mote/nats/protocol/parser.hpp>
#include <mote/nats/protocol/writer.hpp>
#include <tests/nats/frame_feed.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

/// First line: `c` for a client's stream, else a server's; `l` behind it for small limits; then the sizes of the pieces,
/// one a byte. Below it: the stream.
namespace mote::fuzz {
namespace {

using namespace nats::protocol;

using field_list = std::vector<std::pair<std::string, std::string>>;

field_list fields_of(std::string_view block) {
    field_list found;
    for (const auto& field : nats::headers_view(block)) found.emplace_back(field.name, field.value);
    return found;
}

frame_feed frames_in_pieces(parse_function parse, const limits& bounds, std::string_view stream,
                            std::string_view sizes) {
    frame_feed feed(parse, bounds);
    for (std::size_t turn = 0; !stream.empty(); ++turn) {
        const std::size_t size =
            sizes.empty() ? 1 : static_cast<unsigned char>(sizes[turn % sizes.size()]) + std::size_t{1};
        feed.take(stream.substr(0, size));
        stream.remove_prefix(std::min(size, stream.size()));
    }
    return feed;
}

void write(byte_buffer& out, const frame& each) {
    switch (each.op) {
        case operation::connect: return write_connect(out, each.text);
        case operation::ping: return write_ping(out);
        case operation::pong: return write_pong(out);
        case operation::sub: return write_sub(out, each.subject, each.reply, each.sid);
        case operation::unsub: return write_unsub(out, each.sid, each.max);
        default: return write_pub(out, each.subject, each.reply, each.payload);
    }
}

/// What the writer makes of a frame is read as the same frame.
void check_written(const frame& each) {
    byte_buffer out;
    frame again;
    if (each.op != operation::pub || each.headers.empty()) {
        write(out, each);
        const auto result = parse_client_frame(out.data(), again);
        require(result.status == parse_result::kind::complete && result.size == out.size(),
                "a written frame is not read");
        require(line_of(again) == line_of(each), "a written frame is read as another one");
        return;
    }
    nats::headers fields;
    try {
        fields = nats::headers(each.headers);
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == nats::errc::bad_header, "a header is refused for another reason");
        return;
    }
    if (fields.empty()) return;  // then there is nothing to write a block for
    write_hpub(out, each.subject, each.reply, fields, header_block_size(fields), each.payload);
    const auto result = parse_client_frame(out.data(), again);
    require(result.status == parse_result::kind::complete && result.size == out.size(), "written headers are not read");
    require(again.subject == each.subject && again.reply == each.reply && again.payload == each.payload,
            "another message");
    field_list wanted;
    for (const auto& field : fields) wanted.emplace_back(field.name, field.value);
    require(fields_of(again.headers.raw()) == wanted, "other headers");
}

void check_all_written(std::string_view stream, const limits& bounds) {
    while (!stream.empty()) {
        frame each;
        const auto result = parse_client_frame(stream, each, bounds);
        if (result.status != parse_result::kind::complete) return;
        check_written(each);
        stream.remove_prefix(result.size);
    }
}

}  // namespace

int nats_protocol(const std::uint8_t* data, std::size_t size) {
    auto stream = text_of(data, size);
    auto sizes = take_line(stream);
    const bool client = sizes.starts_with('c');
    sizes.remove_prefix(std::min<std::size_t>(sizes.size(), 1));
    limits bounds;
    if (sizes.starts_with('l')) bounds = {32, 64, 48};

    const parse_function parse = client ? parse_client_frame : parse_server_frame;
    frame_feed whole(parse, bounds);
    whole.take(stream);
    const auto parts = frames_in_pieces(parse, bounds, stream, sizes);
    require(parts.lines() == whole.lines(), "other frames when split");
    require(parts.error() == whole.error(), "another error when split");
    require(parts.error() != parse_error::none || parts.rest() == whole.rest(), "another rest when split");
    if (client) check_all_written(stream, bounds);
    return 0;
}

}  // namespace mote::fuzz
