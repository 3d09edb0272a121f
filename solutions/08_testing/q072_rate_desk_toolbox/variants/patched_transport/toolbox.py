import httpx2


class Provider:
    def __init__(self):
        self.rates = {}
        self.down = False
        self.calls = []

    def answer(self, request):
        if self.down:
            raise httpx2.ReadTimeout("nobody answers", request=request)
        self.calls.append(request.url.path)
        try:
            rate = self.rates[request.url.path.split("/")[-1]]
        except KeyError:
            return httpx2.Response(404, json={"detail": "unknown"}, request=request)
        return httpx2.Response(200, json={"rate": rate}, request=request)
