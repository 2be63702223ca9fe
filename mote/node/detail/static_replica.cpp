#include <mote/node/detail/static_replica.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/error.hpp>
#include <mote/http/status.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>
#include <fstream>
#include <utility>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;

constexpr std::size_t file_piece_size = 64 * 1024;

std::string read(std::ifstream& from, std::uint64_t left) {
    std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(left, file_piece_size)), '\0');
    from.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!from) throw micro::service_error(http::status::internal_server_error, "the file cannot be read");
    return bytes;
}

micro::reply_stream<micro::stream_item> pieces_of(std::shared_ptr<std::ifstream> file, nats::headers head,
                                                  std::uint64_t left) {
    micro::stream_item item;
    item.headers = std::move(head);
    for (;;) {
        item.data = read(*file, left);
        left -= item.data.size();
        co_yield item;
        if (left == 0) co_return;
        item.headers = nats::headers();
    }
}

void say(function_call& call, int status, std::string_view text, http::header_list headers = {}) {
    headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    call.respond(status, {}, text, headers);
}

/// Relative, as only the gateway knows what is before the path.
std::string with_slash(const function_call& call) {
    const auto path = call.path();
    const auto slash = path.rfind('/');
    std::string result = "./";
    result.append(path.substr(slash == std::string_view::npos ? 0 : slash + 1)).append("/");
    if (!call.query().empty()) result.append("?").append(call.query());
    return result;
}

}  // namespace

asio::awaitable<void> static_replica::start() {
    const auto* const bundle = from().bundle();
    if (bundle == nullptr)
        functions::throw_error(functions::errc::bad_setting, "mode=\"static\": without a bundle there are no files");
    files_.emplace(bundle->root, from().settings().static_path);
    const auto& what = from().what();
    tag_ = '"' + std::to_string(what.created.time_since_epoch().count()) + '-' + std::to_string(what.generation) + '"';
    co_return;
}

asio::awaitable<void> static_replica::serve(std::shared_ptr<function_call> call) {
    if (call->method() != "GET" && call->method() != "HEAD") {
        http::header_list headers;
        headers.emplace_back("Allow", "GET, HEAD");
        co_return say(*call, http::status::method_not_allowed, "files can only be read: GET or HEAD\n",
                      std::move(headers));
    }
    auto found = files_->find(call->path());
    if (found.is == static_files::kind::nothing)
        co_return say(*call, http::status::not_found, "there is no such file\n");
    if (found.is == static_files::kind::directory) {
        http::header_list headers;
        headers.emplace_back("Location", with_slash(*call));
        co_return say(*call, http::status::moved_permanently, "a directory: with / at the end\n", std::move(headers));
    }
    co_await send(std::move(call), std::move(found));
}

asio::awaitable<void> static_replica::send(std::shared_ptr<function_call> call, static_files::found file) const {
    http::header_list headers;
    headers.emplace_back("ETag", tag_);
    const auto known = call->header("If-None-Match").value_or(std::string_view());
    // Who compresses on the way makes the tag a weak one.
    if (http::has_word(known, tag_) || http::has_word(known, "W/" + tag_) || known == "*") {
        call->respond(http::status::not_modified, {}, {}, headers);
        co_return;
    }
    headers.emplace_back("Content-Type", content_type_of(file.path));
    const bool only_head = call->method() == "HEAD";
    const auto opened = std::make_shared<std::ifstream>(file.path, std::ios::binary);
    if (!only_head && file.size <= file_piece_size) {
        call->respond(http::status::ok, {}, read(*opened, file.size), headers);
        co_return;
    }
    auto head = function_call::head_of(http::status::ok, {}, headers);
    head.set(functions::call_headers::body_length, std::to_string(file.size));
    auto pieces = pieces_of(opened, std::move(head), only_head ? 0 : file.size);
    co_await call->respond_in_pieces(std::move(pieces));
}

asio::awaitable<void> static_replica::stop() { co_return; }

}  // namespace mote::node::detail
