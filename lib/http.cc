// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{10'000};

struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

struct Receiver {
  HttpAnswer answer;
  std::size_t limit = 0;
  bool too_large = false;
  bool head_is_whole = false;
};

std::size_t take_body(char* data, std::size_t /*one*/, std::size_t size, void* context) noexcept {
  auto& receiver = *static_cast<Receiver*>(context);
  receiver.too_large = size > receiver.limit - receiver.answer.body.size();
  if (receiver.too_large) return CURL_WRITEFUNC_ERROR;
  receiver.answer.body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t /*one*/, std::size_t size, void* context) noexcept {
  auto& receiver = *static_cast<Receiver*>(context);
  const std::string_view line(data, size);
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    receiver.answer.headers.clear();  // the head before was an interim one (1xx)
    receiver.head_is_whole = false;
  } else if (colon != std::string_view::npos) {
    receiver.answer.headers.emplace_back(to_lower(line.substr(0, colon)),
                                         trim(line.substr(colon + 1)));
  } else if (trim(line).empty()) {
    receiver.head_is_whole = true;
  }
  return size;
}

// For messages: the query may hold what should not be in a log.
std::string shown_target(const HttpRequest& request) {
  return request.method + " " + printable(request.url.substr(0, request.url.find('?')), 200);
}

Error refused(const HttpRequest& request, const std::string& why) {
  return Error{ErrorCode::kInvalid, shown_target(request) + ": " + why, {}};
}

Status check_url(const HttpRequest& request) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), 0) != CURLUE_OK) {
    return refused(request, "malformed URL");
  }
  char* scheme = nullptr;
  (void)curl_url_get(url.get(), CURLUPART_SCHEME, &scheme, 0);
  const std::unique_ptr<char, FreeText> owned(scheme);
  const std::string_view name = scheme == nullptr ? "" : scheme;
  if (name != "http" && name != "https") return refused(request, "neither http nor https");
  return {};
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

// A line end in a header would begin another header.
Status check_headers(const HttpRequest& request) {
  bool is_clean = !has_control_character(request.secret.reveal());
  for (const auto& [name, value] : request.headers) {
    is_clean =
        is_clean && !name.empty() && !has_control_character(name) && !has_control_character(value);
  }
  return is_clean ? Status() : Status(refused(request, "a header holds a control character"));
}

bool carries_body(const HttpRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT";
}

void append(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  (void)list.release();
  list.reset(longer);
}

HeaderList make_header_list(const HttpRequest& request) {
  HeaderList list;
  bool names_type = false;
  for (const auto& [name, value] : request.headers) {
    names_type = names_type || to_lower(name) == "content-type";
    append(list, value.empty() ? name + ";" : name + ": " + value);  // curl's way to say "empty"
  }
  if (!request.secret.empty()) append(list, request.secret_header + request.secret.reveal());
  append(list, "Expect:");                         // no waiting for "100 Continue"
  if (!names_type) append(list, "Content-Type:");  // curl would claim a web form
  return list;
}

// The one translation of curl's errors: could the request have reached the server?
ErrorCode code_for(CURLcode curl_code, bool was_sent) {
  switch (curl_code) {
    case CURLE_URL_MALFORMAT:
      return ErrorCode::kInvalid;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return ErrorCode::kTransient;
    case CURLE_UNSUPPORTED_PROTOCOL:  // an answer without a status line ("HTTP/0.9")
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_WRITE_ERROR:
      return ErrorCode::kProtocol;
    default:
      return was_sent ? ErrorCode::kUnknownOutcome : ErrorCode::kTransient;
  }
}

// Once for the process; not thread-safe by itself in older releases.
void start_libcurl() {
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)kStarted;
}

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(std::string user_agent)
      : user_agent_(std::move(user_agent)), handle_(curl_easy_init()) {}

  Result<HttpAnswer> send(const HttpRequest& request) override {
    if (handle_ == nullptr) return refused(request, "libcurl cannot be started");
    if (Status url = check_url(request); !url) return url.error();
    if (Status headers = check_headers(request); !headers) return headers.error();

    Receiver receiver;
    receiver.limit = request.answer_limit;
    std::array<char, CURL_ERROR_SIZE> words{};
    const HeaderList headers = make_header_list(request);
    curl_easy_reset(handle_.get());  // keeps the connections
    set_policy(request);
    set_request(request, headers.get());
    option(CURLOPT_ERRORBUFFER, words.data());
    option(CURLOPT_WRITEFUNCTION, &take_body);
    option(CURLOPT_WRITEDATA, &receiver);
    option(CURLOPT_HEADERFUNCTION, &take_header);
    option(CURLOPT_HEADERDATA, &receiver);
    const CURLcode code = curl_easy_perform(handle_.get());
    if (code != CURLE_OK) return failure(request, receiver, code, words.data());
    // libcurl is content with a head that ends in the middle.
    if (!receiver.head_is_whole) return failure(request, receiver, CURLE_RECV_ERROR, "");
    long status = 0;
    (void)curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    receiver.answer.status = static_cast<int>(status);
    return std::move(receiver.answer);
  }

 private:
  template <typename Value>
  void option(CURLoption name, Value value) {
    (void)curl_easy_setopt(handle_.get(), name, value);
  }

  void set_policy(const HttpRequest& request) {
    const auto whole = std::max(request.timeout, std::chrono::milliseconds(1));  // 0: for ever
    option(CURLOPT_NOSIGNAL, 1L);  // other threads live here
    option(CURLOPT_PROTOCOLS_STR, "http,https");
    option(CURLOPT_FOLLOWLOCATION, 0L);
    option(CURLOPT_SSL_VERIFYPEER, 1L);
    option(CURLOPT_SSL_VERIFYHOST, 2L);
    option(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    option(CURLOPT_TIMEOUT_MS, static_cast<long>(whole.count()));
    option(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(whole, kConnectTimeout).count()));
    option(CURLOPT_USERAGENT, user_agent_.c_str());
    // On a kept connection that dies without a word libcurl repeats the request, whatever its
    // method (lib/transfer.c, Curl_retry_request): an order could be made twice. Only requests
    // without effect may use kept connections.
    const bool is_safe = request.method == "GET" || request.method == "HEAD";
    option(CURLOPT_FRESH_CONNECT, is_safe ? 0L : 1L);
  }

  void set_request(const HttpRequest& request, curl_slist* headers) {
    option(CURLOPT_URL, request.url.c_str());
    option(CURLOPT_HTTPHEADER, headers);
    if (carries_body(request)) {
      option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      option(CURLOPT_POSTFIELDS, request.body.c_str());
    }
    if (request.method == "HEAD") option(CURLOPT_NOBODY, 1L);
    option(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  Error failure(const HttpRequest& request,
                const Receiver& receiver,
                CURLcode code,
                const std::string& words) {
    curl_off_t sending_began = 0;  // microseconds; 0: never
    (void)curl_easy_getinfo(handle_.get(), CURLINFO_PRETRANSFER_TIME_T, &sending_began);
    std::string why = words.empty() ? curl_easy_strerror(code) : words;
    if (receiver.too_large) {
      why = "answer larger than " + std::to_string(request.answer_limit) + " bytes";
    }
    return Error{
        code_for(code, sending_began > 0), shown_target(request) + ": " + printable(why, 300), {}};
  }

  std::string user_agent_;
  Handle handle_;
};

}  // namespace

const std::string* HttpAnswer::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return &value;
  }
  return nullptr;
}

Status try_connection(const std::string& url,
                      const std::string& pin,
                      std::chrono::milliseconds timeout) {
  start_libcurl();
  HttpRequest request;
  request.method = "reach";
  request.url = url;
  if (auto checked = check_url(request); !checked) return checked;
  const Handle handle(curl_easy_init());
  if (handle == nullptr) return refused(request, "libcurl cannot be started");
  std::array<char, CURL_ERROR_SIZE> words{};
  const auto option = [&](CURLoption name, auto value) {
    (void)curl_easy_setopt(handle.get(), name, value);
  };
  option(CURLOPT_NOSIGNAL, 1L);
  option(CURLOPT_URL, url.c_str());
  option(CURLOPT_CONNECT_ONLY, 1L);
  option(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  option(CURLOPT_ERRORBUFFER, words.data());
  if (!pin.empty()) {
    option(CURLOPT_PINNEDPUBLICKEY, pin.c_str());
    option(CURLOPT_SSL_VERIFYPEER, 0L);
    option(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  const CURLcode code = curl_easy_perform(handle.get());
  if (code == CURLE_OK) return {};
  const std::string why = words[0] == '\0' ? curl_easy_strerror(code) : words.data();
  return Error{code_for(code, false), shown_target(request) + ": " + printable(why, 300), {}};
}

std::unique_ptr<Transport> make_curl_transport(std::string user_agent) {
  start_libcurl();
  return std::make_unique<CurlTransport>(std::move(user_agent));
}

}  // namespace spillway
