from fees import late_fee


class TestBooks:
    def test_second_day_is_free(self):
        assert late_fee("book", 2) == 0

    def test_third_day_costs_three(self):
        assert late_fee("book", 3) == 60

    def test_just_below_the_ceiling(self):
        assert late_fee("book", 74) == 1480

    def test_at_the_ceiling(self):
        assert late_fee("book", 76) == 1500


class TestFilms:
    def test_second_day_is_free(self):
        assert late_fee("film", 2) == 0

    def test_third_day_costs_three(self):
        assert late_fee("film", 3) == 300

    def test_above_the_ceiling(self):
        assert late_fee("film", 100) == 1500
