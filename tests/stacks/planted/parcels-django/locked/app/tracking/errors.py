from django.http import JsonResponse


def bad_request(request, exception):
    return JsonResponse({"detail": "The request is invalid."}, status=400)


def forbidden(request, exception):
    return JsonResponse({"detail": "This is not permitted."}, status=403)


def not_found(request, exception):
    return JsonResponse({"detail": "Not found."}, status=404)


def server_error(request):
    return JsonResponse({"detail": "The request could not be answered."}, status=500)
