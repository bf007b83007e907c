"""The two endpoints as a Flask app, to compare perfkit serve with."""

from flask import Flask, jsonify

app = Flask(__name__)
memo = {0: 0, 1: 1}


@app.route("/fibo/<n>", methods=["GET", "POST"])
def fibo(n):
    index = int(n)
    for k in range(len(memo), index + 1):
        memo[k] = memo[k - 1] + memo[k - 2]
    return jsonify(fibonacci_number=memo[index], index=n)


@app.route("/isprime/<n>", methods=["GET", "POST"])
def isprime(n):
    verdict = "Prime!" if is_prime(int(n)) else "Non-Prime."
    return jsonify(number=n, status=f"{n} is {verdict}")


def is_prime(number):
    if number < 4:
        return number > 1
    if number % 2 == 0 or number % 3 == 0:
        return False
    divisor = 5
    while divisor * divisor <= number:
        if number % divisor == 0 or number % (divisor + 2) == 0:
            return False
        divisor += 6
    return True
