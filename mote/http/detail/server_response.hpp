#pragma once

#include <mote/http/message.hpp>
#include <mote/http/protocol/request_head.hpp>
#include <mote/http/protocol/response_head.hpp>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace mote::http::detail {

/// Writes the response to one request behind what its connection has to send.
class server_response {
public:
    explicit server_response(std::string& out) noexcept : out_(out) {}

    /// For the next request. `date` is a line, which may change until the response is written.
    void begin(const protocol::request_head& asked, const std::string& date) noexcept {
        head_only_ = asked.method == "HEAD";
        minor_version_ = asked.minor_version;
        keep_alive_ = asked.keep_alive;
        date_ = &date;
        stage_ = stage::none;
        status_ = 0;
        sent_ = 0;
        edit_ = nullptr;
    }
    /// Lets the headers of the response be changed, of whatever kind it is; before it begins.
    void edit_headers(std::function<void(header_list&)> edit) { edit_ = std::move(edit); }
    /// The connection ends with this response; before it begins.
    void deny_keep_alive() noexcept { keep_alive_ = false; }
    bool keep_alive() const noexcept { return keep_alive_; }
    bool begun() const noexcept { return stage_ != stage::none; }
    bool streaming() const noexcept { return stage_ == stage::streaming; }
    /// Nothing but the end of the connection tells the peer where the body ends.
    bool ends_by_close() const noexcept { return framing_ == framing::until_close && begun() && !bodiless_; }
    int status() const noexcept { return status_; }        ///< zero before it begins
    std::uint64_t sent() const noexcept { return sent_; }  ///< bytes of the body

    /// A whole response; `headers` are pairs of name and value.
    template <class Headers>
    void whole(int status, const Headers& headers, std::string_view body) {
        const transaction sure(*this);
        auto head = head_of(status, headers);
        const bool bodiless = !protocol::has_body(status, {});
        // Only who must not send a body may announce another length than it has. To HEAD nothing is not the length of what a
        // GET gets: who leaves the body out, and does not say how long it is, does not know.
        const bool untold = bodiless || (head_only_ && body.empty());
        const bool announced = head.content_length() && untold;
        const bool framed = status != 204 && (!untold || announced);
        end(head, framed ? framing::length : framing::none, announced ? *head.content_length() : body.size());
        if (!bodiless && !head_only_) {
            out_.append(body);
            sent_ = body.size();
        }
        status_ = status;
        sure.commit(stage::whole);
    }
    /// `whole` with one line of text that says why.
    void refusal(int status, std::string_view why);

    void start(int status, const header_list& headers);
    /// Throws `std::logic_error` before `start` and past the length.
    void piece(std::string_view bytes);
    /// Ends a response that is streamed. False when a part of it is missing.
    bool finish();

private:
    enum class stage { none, whole, streaming };
    using framing = protocol::response_head::framing;

    /// Takes a head back that could not be written to its end.
    class transaction {
    public:
        explicit transaction(server_response& response) : response_(response), size_(response.out_.size()) {
            if (response.begun()) throw std::logic_error("a second response to one request");
        }
        transaction(const transaction&) = delete;
        transaction& operator=(const transaction&) = delete;
        ~transaction() {
            if (!response_.begun()) response_.out_.resize(size_);
        }
        void commit(stage reached) const noexcept { response_.stage_ = reached; }

    private:
        server_response& response_;
        std::size_t size_;
    };

    static std::pair<std::string_view, std::string_view> pair_of(const header_view& field) noexcept {
        return {field.name, field.value};
    }
    static std::pair<std::string_view, std::string_view> pair_of(
        const std::pair<std::string, std::string>& field) noexcept {
        return {field.first, field.second};
    }
    template <class Headers>
    protocol::response_head head_of(int status, const Headers& headers) {
        protocol::response_head head(out_, status, minor_version_);
        if (edit_) {
            header_list edited;
            for (const auto& field : headers) edited.emplace_back(pair_of(field));
            edit_(edited);
            for (const auto& [name, value] : edited) head.add(name, value);
            return head;
        }
        for (const auto& field : headers) {
            const auto [name, value] = pair_of(field);
            head.add(name, value);
        }
        return head;
    }
    void end(protocol::response_head& head, framing body, std::uint64_t length);

    std::string& out_;
    const std::string* date_ = nullptr;
    std::function<void(header_list&)> edit_{};
    int status_ = 0;
    std::uint64_t sent_ = 0;
    bool head_only_ = false;
    bool keep_alive_ = true;
    int minor_version_ = 1;
    stage stage_ = stage::none;
    framing framing_ = framing::none;
    bool bodiless_ = false;   // pieces are dropped
    std::uint64_t left_ = 0;  // of a length
};

}  // namespace mote::http::detail
